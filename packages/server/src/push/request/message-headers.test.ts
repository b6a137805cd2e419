import { describe, expect, it } from 'vitest';
import { deliveryHeaders, headerFault } from './message-headers.js';

const OURS = {
  queue: 'orders',
  attempt: 2,
  format: 'message',
  signature: { 'webhook-id': 'id', 'webhook-signature': 'v1,x', 'x-infrai-signature': 'ab' },
  message: {},
  subscription: {},
} as const;

const BARE = {
  'content-type': 'application/json',
  'user-agent': 'millrace',
  'webhook-id': 'id',
  'webhook-signature': 'v1,x',
  'x-infrai-signature': 'ab',
  'x-millrace-queue': 'orders',
  'x-millrace-attempt': '2',
};

const RESERVED = [
  ...['Connection', 'keep-alive', 'Proxy-Authorization', 'proxy-connection', 'PROXY-X', 'TE'],
  ...['Trailer', 'Transfer-Encoding', 'Upgrade', 'Host', 'Content-Length', 'Content-Encoding'],
  ...['Expect', 'HTTP2-Settings', 'webhook-id', 'Webhook-Timestamp', 'WEBHOOK-SIGNATURE'],
  ...['webhook-other', 'X-Infrai-Signature', 'X-Millrace-Queue', 'x-millrace-anything'],
];
const BAD_NAMES = [
  '',
  ' ',
  'a b',
  'a:b',
  ':path',
  'a\r\nb',
  'a\0',
  'ä',
  'a(b)',
  'a/b',
  'K'.repeat(257),
];
const BAD_VALUES = [
  'a\r\nX-Evil: 1',
  'a\nb',
  'a\rb',
  'a\0b',
  '\x7f',
  'ä',
  '€',
  '\ud800',
  'x'.repeat(8_193),
];

describe('deliveryHeaders', () => {
  it("contains only the server's headers when no others are given", () => {
    expect(deliveryHeaders(OURS)).toEqual(BARE);
  });

  it.each([
    ...['Authorization', 'Cookie', 'forwarded', 'X-Real-IP'],
    ...['x-forwarded-for', 'X-Forwarded-Host', 'x-forwarded-anything'],
  ])('takes %s from a message only if the subscription allows it', (name) => {
    const message = { [name]: 'message', 'x-kept': 'kept' };
    const key = name.toLowerCase();
    const kept = { ...BARE, 'x-kept': 'kept' };
    expect(deliveryHeaders({ ...OURS, message })).toEqual(kept);
    expect(deliveryHeaders({ ...OURS, message, allowed: ['x-forwarded'] })).toEqual(kept);
    expect(deliveryHeaders({ ...OURS, message, allowed: ['other', key] })).toEqual({
      ...kept,
      [key]: 'message',
    });
    const subscription = { [name]: 'owner' };
    const owned = { ...kept, [key]: 'owner' };
    expect(deliveryHeaders({ ...OURS, message, subscription, allowed: [key] })).toEqual(owned);
    expect(deliveryHeaders({ ...OURS, message, subscription })).toEqual(owned);
  });

  it('contains the headers of the message and of the subscription, in lower case', () => {
    const message = { 'X-Trace': ' 7f3a ', Authorization: 'message', 'User-Agent': 'message' };
    const subscription = { AUTHORIZATION: 'subscription', 'X-Tenant': '' };
    const allowed = ['authorization'];
    expect(deliveryHeaders({ ...OURS, message, subscription, allowed })).toEqual({
      ...BARE,
      'user-agent': 'message',
      'x-trace': '7f3a',
      // A publisher must not replace the credentials of a subscription.
      authorization: 'subscription',
      'x-tenant': '',
    });
  });

  it.each(RESERVED)('does not let %s be set', (name) => {
    const given = { [name]: 'evil', [name.toUpperCase()]: 'evil' };
    expect(deliveryHeaders({ ...OURS, message: given, subscription: given })).toEqual(BARE);
    expect(headerFault(name, 'x', 'payload')).toBe(
      'must not be a header that the push itself sets',
    );
  });

  it.each(BAD_NAMES)('leaves out a header with the name %j', (name) => {
    expect(deliveryHeaders({ ...OURS, message: { [name]: 'x' } })).toEqual(BARE);
    expect(headerFault(name, 'x', 'message')).toBe('must have a valid header name');
  });

  it.each([...BAD_VALUES, 1, null, true, ['a'], { a: 'b' }, undefined])(
    'leaves out a header with the value %j',
    (value) => {
      expect(deliveryHeaders({ ...OURS, subscription: { 'x-a': value } })).toEqual(BARE);
      expect(headerFault('x-a', value, 'message')).toMatch(/^must be a string of at most 8192/);
    },
  );

  it('lets the content type be set for a payload, but not for an envelope', () => {
    const message = { 'Content-Type': 'application/cloudevents+json' };
    expect(deliveryHeaders({ ...OURS, message })).toEqual(BARE);
    expect(deliveryHeaders({ ...OURS, message, format: 'payload' })).toEqual({
      ...BARE,
      'content-type': 'application/cloudevents+json',
    });
  });

  it.each([null, undefined, 'text', 1, [], ['x-a', 'b']])('treats %j as no headers', (given) => {
    expect(deliveryHeaders({ ...OURS, message: given, subscription: given })).toEqual(BARE);
  });

  it('treats names of the language like any other name', () => {
    const message = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
    const headers = deliveryHeaders({ ...OURS, message });
    expect(Object.entries(headers)).toEqual(
      expect.arrayContaining([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['tostring', 'c'],
      ]),
    );
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });
});
