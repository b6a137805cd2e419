import type { PushDelivery } from '@millrace/client';
import { expect, test } from 'vitest';
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
  expect(outage.explanation).toContain('the breaker is open');
  const failure = pushHealth(active, times(5, { status: 500 }));
  expect(failure.explanation).toContain('it answered 500');
  expect(failure.explanation).toContain('use up the retries');
});

test('a receiver that answered 410 is told apart from one that somebody paused', () => {
  expect(pushHealth({ state: 'paused', pausedReason: 'gone' }, []).explanation).toContain('410');
  expect(pushHealth({ state: 'paused', pausedReason: 'requested' }, []).explanation).toContain(
    'Somebody paused it',
  );
});
