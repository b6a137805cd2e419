import type { QueueMessage } from '@millrace/client';
import { describe, expect, test } from 'vitest';
import { matchingMessages } from './message-filter.js';
import { uncountedInWords } from './one-message/uncounted-deliveries.js';
import { whyNotDelivered, whyWithFailure } from './one-message/why-not-delivered.js';

const NOW = Date.parse('2026-01-05T08:30:00.000Z');

const message = (messageId: string, fields: Partial<QueueMessage>): QueueMessage => ({
  messageId,
  queue: 'orders',
  payload: 'null',
  priority: 0,
  enqueuedAt: '2026-01-05T08:00:00.000Z',
  deliveryCount: 0,
  ...fields,
});

describe('the filter', () => {
  const messages = [
    message('m1', { payload: '{"to": "Ada", "error": "none"}', headers: { tenant: 'acme' } }),
    message('m2', { payload: '[1, 2]', lastError: 'Error: Ada is not there' }),
    message('m3', { payload: '"ünïcode"', messageGroupId: 'account-7' }),
  ];
  const found = (text: string, field: Parameters<typeof matchingMessages>[2] = '') =>
    matchingMessages(messages, text, field).map(({ messageId }) => messageId);

  test.each([
    ['', ['m1', 'm2', 'm3']],
    ['  ', ['m1', 'm2', 'm3']],
    ['ada', ['m1', 'm2']],
    ['TENANT: ACME', ['m1']],
    ['[1,2]', ['m2']],
    ['[1, 2]', ['m2']],
    ['account-7', ['m3']],
    ['Ünïcode', ['m3']],
    ['m2', ['m2']],
    ['nowhere', []],
  ])('finds %j anywhere in %j', (text, ids) => {
    expect(found(text)).toEqual(ids);
  });

  test('looks only where it should', () => {
    expect(found('ada', 'payload')).toEqual(['m1']);
    expect(found('ada', 'error')).toEqual(['m2']);
    expect(found('ada', 'headers')).toEqual([]);
    expect(found('acme', 'headers')).toEqual(['m1']);
  });
});

describe('why a message is not delivered now', () => {
  const stats = {
    queue: 'orders',
    available: 1,
    inFlight: 0,
    delayed: 0,
    dlq: 0,
    waitingConsumers: 0,
  };
  const until = '2026-01-05T08:31:30.000Z';

  test.each([
    ['leased', `leased until ${until}`, 1, 'it comes back in 1 m 30 s'],
    ['delayed', `delayed until ${until}`, 0, 'published with a delay, and is due in 1 m 30 s'],
    ['delayed', `delayed until ${until}`, 2, 'It failed, and its retry is due in 1 m 30 s'],
    ['available', 'behind the head of its group', 0, 'leased or delayed, this one waits'],
    ['dead', undefined, 4, 'only after a redrive'],
  ] as const)('%s, %j after %i deliveries', (state, stateReason, deliveryCount, words) => {
    const seen = { state, deliveryCount, ...(stateReason && { stateReason }) };
    expect(whyNotDelivered(seen, undefined, NOW)).toContain(words);
  });

  test.each([
    ['delayed', `delayed until ${until}`],
    ['available', undefined],
    ['available', 'behind the head of its group'],
  ] as const)('%s, %j after a failure, which is told', (state, stateReason) => {
    const seen = { state, deliveryCount: 2, lastError: 'the receiver answered 503' };
    expect(whyWithFailure({ ...seen, ...(stateReason && { stateReason }) }, stats, NOW)).toMatch(
      / The last failure: the receiver answered 503$/,
    );
  });

  test.each([
    [{ waitingConsumers: 2 }, 'about to get it'],
    [{ waitingConsumers: 0 }, 'No consumer has ever fetched'],
    [
      { waitingConsumers: 0, lastFetchAt: '2026-01-05T08:18:00.000Z' },
      'Nobody fetches. The last fetch was 12 m ago',
    ],
    [
      { waitingConsumers: 0, lastFetchAt: '2026-01-05T08:29:58.000Z' },
      'earlier messages come first',
    ],
  ])('available, when the consumers are %j', (consumers, words) => {
    const seen = { state: 'available', deliveryCount: 0 } as const;
    expect(whyNotDelivered(seen, { ...stats, ...consumers }, NOW)).toContain(words);
  });
});

describe('why a message behind another of its message group is not delivered', () => {
  const seen = {
    state: 'available',
    stateReason: 'behind the head of its group',
    deliveryCount: 0,
  } as const;
  const counts = { queue: 'orders', available: 2, dlq: 0, waitingConsumers: 0 };

  test.each([
    [{ inFlight: 1, delayed: 0 }, 'leased or delayed, this one waits'],
    [{ inFlight: 0, delayed: 1 }, 'leased or delayed, this one waits'],
    [{ inFlight: 0, delayed: 0 }, 'come first. No consumer has ever fetched'],
  ])('with %j in the queue', (held, words) => {
    expect(whyNotDelivered(seen, { ...counts, ...held }, NOW)).toContain(words);
  });
});

describe('deliveries that are no failures', () => {
  const failure = { at: '2026-01-05T08:00:00.000Z', how: 'nack' } as const;
  const words = (
    deliveryCount: number,
    failures: number,
    state: 'leased' | 'available',
    isFifo = false,
  ) =>
    uncountedInWords(
      { deliveryCount, state, failedDeliveries: Array.from({ length: failures }, () => failure) },
      isFifo,
    );

  test('are counted, with what they can be', () => {
    expect(words(52, 0, 'available', true)).toMatch(/^52 deliveries .* message group/);
    expect(words(2, 1, 'available')).toMatch(/^1 delivery .* gave the message back/);
    expect(words(2, 1, 'available')).not.toContain('message group');
  });

  test('are not mentioned if each delivery failed, is under way, or cannot be counted', () => {
    expect(words(2, 2, 'available')).toBeUndefined();
    expect(words(1, 0, 'leased')).toBeUndefined();
    expect(words(40, 20, 'available')).toBeUndefined();
  });
});
