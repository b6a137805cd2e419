import { inspect } from 'node:util';
import {
  expressReceiver,
  fastifyReceiver,
  fetchReceiver,
  verifySignature,
} from '@millrace/client/receiver';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';

const SECRET = 'whsec_bWlsbHJhY2UgZXhhbXBsZSBzZWNyZXQ=';
const OTHER = 'whsec_b3RoZXIgc2VjcmV0IG9mIG1pbGxyYWNlIQ==';
const BODY = '{"message_id":"m1","queue":"orders","payload":{"order_id":7},"delivery_count":2}';

/** Headers as the library of the standard signs them. */
function signed(body: string, secret = SECRET, at = new Date(), id = 'm1'): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
    'x-millrace-queue': 'orders',
    'x-millrace-attempt': '3',
  };
}

const refused = expect.objectContaining({ code: 'INVALID_SIGNATURE' });

describe('verifySignature', () => {
  test('reads a whole message', async () => {
    const push = await verifySignature<{ order_id: number }>(signed(BODY), BODY, SECRET);
    expect(push).toMatchObject({
      messageId: 'm1',
      queue: 'orders',
      deliveryCount: 2,
      payload: { order_id: 7 },
      message: { messageId: 'm1', deliveryCount: 2 },
    });
  });

  test('reads a payload, also one that looks like a message', async () => {
    const body = '{"message_id":"another","queue":"forged","payload":1}';
    expect(await verifySignature(signed(body), body, SECRET)).toEqual({
      messageId: 'm1',
      queue: 'orders',
      deliveryCount: 3,
      payload: { message_id: 'another', queue: 'forged', payload: 1 },
      message: undefined,
    });
  });

  test('accepts headers and bodies of every kind of server', async () => {
    const bytes = new TextEncoder().encode(BODY);
    const capital = Object.fromEntries(
      Object.entries(signed(BODY)).map(([name, value]) => [name.toUpperCase(), [value]]),
    );
    for (const headers of [signed(BODY), new Headers(signed(BODY)), capital]) {
      expect((await verifySignature(headers, bytes, SECRET)).messageId).toBe('m1');
    }
  });

  test('accepts any of several secrets, and any of several signatures', async () => {
    const both = signed(BODY);
    const other = signed(BODY, OTHER)['webhook-signature'];
    both['webhook-signature'] = `v1,bad! v2,x ${other} ${both['webhook-signature']}`;
    for (const secrets of [SECRET, OTHER, ['wrong-secret-of-some-length', OTHER]]) {
      expect((await verifySignature(both, BODY, secrets)).messageId).toBe('m1');
    }
  });

  test('a secret without its prefix is itself the key', async () => {
    const plain = 'a plain secret of 24 chars';
    const prefixed = `whsec_${Buffer.from(plain).toString('base64')}`;
    expect((await verifySignature(signed(BODY, prefixed), BODY, plain)).messageId).toBe('m1');
  });

  test.each([
    ['another secret', signed(BODY, OTHER), BODY],
    ['another body', signed(BODY), BODY.replace('7', '8')],
    ['another id', { ...signed(BODY), 'webhook-id': 'm2' }, BODY],
    ['another time', { ...signed(BODY), 'webhook-timestamp': '1' }, BODY],
    ['a time that is no number', { ...signed(BODY), 'webhook-timestamp': 'NaN' }, BODY],
    ['an old push', signed(BODY, SECRET, new Date(Date.now() - 400_000)), BODY],
    ['a push from the future', signed(BODY, SECRET, new Date(Date.now() + 400_000)), BODY],
    ['no signature', { ...signed(BODY), 'webhook-signature': '' }, BODY],
    ['no headers', {}, BODY],
  ])('refuses %s', async (_, headers, body) => {
    await expect(verifySignature(headers, body, SECRET)).rejects.toEqual(refused);
  });

  test.each([[''], [[]], ['whsec_'], ['whsec_???'], [[SECRET, '']], [undefined as never]])(
    'trusts nobody with the secret %j, which cannot be one',
    async (secret) => {
      await expect(verifySignature(signed(BODY), BODY, secret)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
      const make = [expressReceiver, fetchReceiver, fastifyReceiver.bind(undefined, '/hook')];
      for (const receiver of make) {
        expect(() => receiver(() => undefined, { secret })).toThrow(/secret/);
      }
    },
  );

  test('trusts nothing without a tolerance that is a number', async () => {
    const options = { toleranceSeconds: Number.NaN };
    await expect(verifySignature(signed(BODY), BODY, SECRET, options)).rejects.toEqual(refused);
  });

  test('says that a body was parsed before', async () => {
    await expect(verifySignature(signed(BODY), {} as never, SECRET)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  test('the error of a body that is no JSON does not quote it', async () => {
    const error = await verifySignature(signed('my secret'), 'my secret', SECRET).catch((e) => e);
    expect(error).toMatchObject({ code: 'INVALID_PAYLOAD' });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('my secret');
  });

  test('an old push may be allowed', async () => {
    const headers = signed(BODY, SECRET, new Date(Date.now() - 400_000));
    const push = await verifySignature(headers, BODY, SECRET, { toleranceSeconds: 500 });
    expect(push.messageId).toBe('m1');
  });
});
