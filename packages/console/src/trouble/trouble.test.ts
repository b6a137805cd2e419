import { describe, expect, test } from 'vitest';
import type { WatchedQueue } from '../api/watched-queue.js';
import { fetchedInWords, troublesOf } from './trouble.js';
import { ago, NOW, queue } from './watched-queue-of-test.js';

const labels = (one: WatchedQueue): string[] => troublesOf(one, NOW).map(({ label }) => label);

describe('the troubles of a queue', () => {
  test.each([
    ['an empty queue', queue({})],
    ['a queue that was just published to', queue({ available: 9, oldestAgeSeconds: 5 })],
    [
      'a backlog that consumers work on',
      queue({ available: 9, oldestAgeSeconds: 90, lastFetchAt: ago(2) }),
    ],
  ])('%s has none', (_name, one) => {
    expect(labels(one)).toEqual([]);
  });

  test('nobody fetches: how long, and how many messages wait', () => {
    const [trouble] = troublesOf(
      queue({ available: 40, oldestAgeSeconds: 700, lastFetchAt: ago(720) }),
      NOW,
    );
    expect(trouble?.severity).toBe('critical');
    expect(trouble?.explanation).toBe('Nobody has fetched for 12 m, and 40 messages wait.');
  });

  test('a queue that was never fetched from says so, and a waiting consumer is somebody', () => {
    const never = queue({ available: 1, oldestAgeSeconds: 61 });
    expect(troublesOf(never, NOW)[0]?.explanation).toBe(
      'Nobody has fetched from this queue yet, and 1 message waits.',
    );
    expect(labels(queue({ available: 1, oldestAgeSeconds: 61, waitingConsumers: 1 }))).toEqual([]);
  });

  test('consumers that fetch but fall behind are another trouble', () => {
    const behind = queue({ available: 9, oldestAgeSeconds: 400, lastFetchAt: ago(3), inFlight: 2 });
    expect(labels(behind)).toEqual(['Falls behind']);
  });

  test('falling behind shows early if more comes than goes', () => {
    const waiting = { available: 9, oldestAgeSeconds: 61, lastFetchAt: ago(3), inFlight: 2 };
    expect(labels(queue(waiting, { published: 60, acked: 50 }))).toEqual(['Falls behind']);
    expect(labels(queue(waiting, { published: 60, acked: 59 }))).toEqual([]);
  });

  test('in a FIFO queue one message may hold up its message group', () => {
    const behind = queue({ available: 9, oldestAgeSeconds: 400, lastFetchAt: ago(3) });
    const [trouble] = troublesOf({ ...behind, type: 'fifo' }, NOW);
    expect(trouble?.nextStep).toContain('holds up its message group');
  });

  test('a push that takes messages is somebody too', () => {
    const pushed = queue({ available: 9, oldestAgeSeconds: 90 }, { delivered: 12, acked: 12 });
    expect(labels(pushed)).toEqual([]);
  });

  test('deliveries that mostly fail are a trouble, a few are not', () => {
    expect(labels(queue({}, { delivered: 9, failed: 7, acked: 2 }))).toEqual(['Deliveries fail']);
    expect(labels(queue({}, { delivered: 9, failed: 4, acked: 2 }))).toEqual([]);
    expect(labels(queue({}, { delivered: 90, failed: 8, acked: 82 }))).toEqual([]);
  });

  test('dead letters that grow are worse than those that wait', () => {
    expect(troublesOf(queue({ dlq: 3 }), NOW)[0]).toMatchObject({
      severity: 'warning',
      label: '3 dead letters',
    });
    expect(troublesOf(queue({ dlq: 3 }, { deadLettered: 2 }), NOW)[0]).toMatchObject({
      severity: 'critical',
      label: 'Dead letters grow',
    });
  });

  test('the worst comes first', () => {
    expect(labels(queue({ dlq: 1, available: 5, oldestAgeSeconds: 100 }))).toEqual([
      'Nobody fetches',
      '1 dead letter',
    ]);
  });
});

test.each([
  [{ waitingConsumers: 3 }, {}, '3 waiting'],
  [{ waitingConsumers: 0, lastFetchAt: ago(75) }, { delivered: 4 }, '1 m 15 s ago'],
  [{ waitingConsumers: 0 }, {}, 'never'],
  [{ waitingConsumers: 0 }, { delivered: 4 }, 'pushed'],
])('the last fetch of %j with %j is told as %s', (stats, activity, words) => {
  expect(fetchedInWords(queue(stats, activity), NOW)).toBe(words);
});
