import type { PushDelivery } from '@millrace/client';
import { describe, expect, test } from 'vitest';
import { pushHealth } from './push-health.js';

const push = (outcome: Pick<PushDelivery, 'status' | 'error'>, durationMs = 20): PushDelivery => ({
  at: '2026-01-05T08:00:00.000Z',
  messageId: 'm',
  attempt: 1,
  durationMs,
  ...outcome,
});
const times = (count: number, outcome: Pick<PushDelivery, 'status' | 'error'>) =>
  Array.from({ length: count }, () => push(outcome));
const active = { state: 'active' } as const;

test.each([
  ['nothing was pushed', active, [], 'unused'],
  ['all succeeded', active, times(8, { status: 204 }), 'well'],
  ['one failed', active, [push({ status: 500 }), ...times(8, { status: 200 })], 'unsteady'],
  ['it failed long ago', active, [push({ status: 200 }), ...times(9, { status: 500 })], 'unsteady'],
  [
    'the last five failed',
    active,
    [...times(5, { status: 500 }), push({ status: 200 })],
    'failing',
  ],
  ['it is paused', { state: 'paused' } as const, times(9, { status: 500 }), 'paused'],
])('a receiver is judged when %s', (_when, subscription, deliveries, state) => {
  expect(pushHealth(subscription, deliveries).state).toBe(state);
});

test('an outage holds messages back, other failures use up their retries', () => {
  const outage = pushHealth(active, times(5, { error: 'timeout' }));
  expect(outage.explanation).toContain('there was no answer (timeout)');
  expect(outage.explanation).toContain('This looks like an outage');
  const failure = pushHealth(active, times(5, { status: 500 }));
  expect(failure.explanation).toContain('it answered 500');
  expect(failure.explanation).toContain('use up the retries');
});

test('a receiver that answered 410 is told apart from one that somebody paused', () => {
  expect(pushHealth({ state: 'paused', pausedReason: 'gone' }, []).explanation).toContain('410');
  expect(pushHealth({ state: 'paused', pausedReason: 'requested' }, []).explanation).toContain(
    'somebody resumes it',
  );
});

describe('an open breaker', () => {
  const now = Date.parse('2026-01-05T08:00:00.000Z');
  const open = { ...active, breaker: 'open' } as const;

  test('is told with the last outage and when the next probe is due', () => {
    const nextProbeAt = '2026-01-05T08:01:30.000Z';
    const health = pushHealth({ ...open, nextProbeAt }, times(6, { status: 503 }), now);
    expect(health).toMatchObject({ state: 'failing', label: 'Receiver is down' });
    expect(health.explanation).toContain('it answered 503');
    expect(health.explanation).toContain('The next probe is due in 1 m 30 s.');
  });

  test('has no next probe while one is under way, or after its time', () => {
    const nextProbeAt = '2026-01-05T07:59:59.000Z';
    for (const subscription of [open, { ...open, nextProbeAt }]) {
      expect(pushHealth(subscription, [], now).explanation).toContain('A probe is under way');
    }
  });
});

test('one push is told as one', () => {
  expect(pushHealth(active, times(1, { status: 200 })).explanation).toBe(
    'The last push succeeded and took 20 ms.',
  );
});
