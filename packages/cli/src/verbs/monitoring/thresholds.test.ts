import type { QueueStats } from '@millrace/client';
import { describe, expect, it } from 'vitest';
import { judge } from './thresholds.js';

/** Without the fields that servers did not answer once. */
const stats = (fields: object = {}): QueueStats =>
  ({
    queue: 'orders',
    available: 3,
    inFlight: 2,
    delayed: 1,
    dlq: 4,
    oldestAgeSeconds: 61.4,
    ...fields,
  }) as unknown as QueueStats;
const ago = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

describe('a limit', () => {
  it.each([
    [{}, 'OK'],
    [{ maxDepth: 6, maxAge: 61, maxDeadLetters: 4 }, 'OK'],
    [{ maxDepth: 5 }, 'CRITICAL'],
    [{ maxAge: 60 }, 'CRITICAL'],
    [{ maxDeadLetters: 3 }, 'CRITICAL'],
    [{ warnDepth: 5, maxDepth: 10 }, 'WARNING'],
    [{ warnDepth: 5, maxDepth: 5 }, 'CRITICAL'],
    [{ warnAge: 60, maxDeadLetters: 3 }, 'CRITICAL'],
  ] as const)('of %j makes it %s', (flags, state) => {
    expect(judge(stats(), flags, false).state).toBe(state);
  });

  it('of an age is kept by an empty queue', () => {
    const empty = stats({ oldestAgeSeconds: undefined });
    expect(judge(empty, { maxAge: 0 }, false).state).toBe('OK');
  });
});

describe('--no-fetch-for 10m', () => {
  const flags = { fetchFor: 600 };
  it.each([
    ['a consumer waits', { waitingConsumers: 1, lastFetchAt: ago(10_000) }, 'OK'],
    ['somebody fetched just now', { waitingConsumers: 0, lastFetchAt: ago(1) }, 'OK'],
    ['nobody fetched for long', { waitingConsumers: 0, lastFetchAt: ago(601) }, 'CRITICAL'],
    ['nobody has ever fetched', { waitingConsumers: 0 }, 'CRITICAL'],
    ['the server does not know', {}, 'UNKNOWN'],
  ])('if %s: %s', (_, fields, state) => {
    expect(judge(stats(fields), flags, false).state).toBe(state);
  });

  it('is not asked for by default, which commander sets to true', () => {
    expect(judge(stats(), { fetchFor: true }, false).state).toBe('OK');
  });
});
