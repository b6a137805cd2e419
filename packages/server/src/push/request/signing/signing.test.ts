import { createHmac, randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { isShortSecret, secretFault, signatureHeaders } from './signing.js';

const messageId = '01890a5d-ac96-774b-bcce-b302099a8057';
const WHSEC = `whsec_${Buffer.from('a key of exactly 32 bytes, yes!!').toString('base64')}`;
const PLAIN = 'a plain secret';
const JSON_BODY = Buffer.from('{"a":1, "big":12345678901234567890}');

/** The library compares the time with its own clock. */
const timestampSeconds = Math.floor(Date.now() / 1_000);
const sign = (secrets: readonly string[], body = JSON_BODY) =>
  signatureHeaders({ messageId, timestampSeconds, body, secrets });

const library = (secret: string): Webhook =>
  secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });

describe('a signature', () => {
  it.each([WHSEC, PLAIN])('is verified by the library of Standard Webhooks, with %s', (secret) => {
    expect(library(secret).verify(JSON_BODY, sign([secret]))).toMatchObject({ a: 1 });
  });

  it.each([WHSEC, PLAIN])('is not verified after any change, with %s', (secret) => {
    const headers = sign([secret]);
    const verify = (body: Buffer, changed: Record<string, string> = {}) =>
      library(secret).verify(body, { ...headers, ...changed });
    for (const place of JSON_BODY.keys()) {
      const changed = Buffer.from(JSON_BODY);
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(() => verify(changed)).toThrow('No matching signature');
    }
    const later = String(timestampSeconds + 1);
    expect(() => verify(JSON_BODY, { 'webhook-id': 'other' })).toThrow('No matching signature');
    expect(() => verify(JSON_BODY, { 'webhook-timestamp': later })).toThrow('No matching');
    expect(() => library(`${PLAIN}!`).verify(JSON_BODY, headers)).toThrow('No matching signature');
  });

  it('is made with both secrets during a rotation, the newest first', () => {
    const headers = sign([PLAIN, WHSEC]);
    for (const secret of [PLAIN, WHSEC]) library(secret).verify(JSON_BODY, headers);
    expect(headers['webhook-signature']).toBe(
      `${sign([PLAIN])['webhook-signature']} ${sign([WHSEC])['webhook-signature']}`,
    );
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    expect(headers['x-infrai-signature']).toBe(sign([PLAIN])['x-infrai-signature']);
  });

  it.each([WHSEC, PLAIN])('has x-infrai-signature keyed with the literal secret %s', (secret) => {
    const expected = createHmac('sha256', Buffer.from(secret)).update(JSON_BODY).digest('hex');
    expect(sign([secret])['x-infrai-signature']).toBe(expected);
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is made of bytes, also of those that are not text', () => {
    const body = Buffer.concat([Buffer.from([0, 255, 254, 0xc3]), randomBytes(1_000)]);
    const key = Buffer.from(WHSEC.slice(6), 'base64');
    const mac = createHmac('sha256', key)
      .update(Buffer.concat([Buffer.from(`${messageId}.${timestampSeconds}.`), body]))
      .digest('base64');
    expect(sign([WHSEC], body)['webhook-signature']).toBe(`v1,${mac}`);
  });

  it('is left out without a secret, but not the id and the time', () => {
    expect(sign([])).toEqual({
      'webhook-id': messageId,
      'webhook-timestamp': String(timestampSeconds),
    });
  });
});

describe('isShortSecret', () => {
  it.each([
    ['fifteen bytes..', true],
    ['sixteen bytes...', false],
    // Sixteen characters and more, but fewer bytes.
    [`whsec_${Buffer.alloc(15, 1).toString('base64')}`, true],
    [`whsec_${Buffer.alloc(16, 1).toString('base64')}`, false],
  ])('of %s is %s', (secret, isShort) => {
    expect(isShortSecret(secret)).toBe(isShort);
  });
});

describe('secretFault', () => {
  it.each([WHSEC, PLAIN, 'WHSEC_not the prefix', 'whsecx'])('accepts %s', (secret) => {
    expect(secretFault(secret)).toBeUndefined();
  });

  it.each([
    '',
    'whsec_',
    'whsec_***',
    'whsec_YWJj!',
    'whsec_YWI',
    'whsec_a-_b',
    'whsec_ YWJj',
    'ümlaut',
  ])('refuses %j, although it can sign with its bytes', (secret) => {
    expect(secretFault(secret)).toMatch(/^must /);
    if (secret === '') return;
    expect(() =>
      new Webhook(Buffer.from(secret), { format: 'raw' }).verify(JSON_BODY, sign([secret])),
    ).not.toThrow();
  });
});
