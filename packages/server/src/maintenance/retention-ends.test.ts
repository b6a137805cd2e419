import { expect, it } from 'vitest';
import { RetentionEnds } from './retention-ends.js';

it('RetentionEnds knows which queues are due, and when to look again', () => {
  const ends = new RetentionEnds();
  ends.begin(1_000);
  for (const [queueId, atMs] of [
    [3, 300],
    [1, 100],
    [2, 200],
    [4, 1_000],
  ] as const) {
    ends.note({ queueId, atMs });
  }
  expect(ends.due(99, 10)).toEqual([]);
  expect(ends.due(300, 10)).toEqual([1, 2, 3]);
  expect(ends.due(300, 2)).toEqual([1, 2]);
  expect(ends.nextAtMs()).toBe(100);
  for (const queueId of [1, 2, 3]) ends.forget(queueId);
  expect(ends.due(5_000, 10)).toEqual([]);
  expect(ends.nextAtMs()).toBe(1_000);
});

it('RetentionEnds keeps the earliest of many, and the time up to which it knows all of them', () => {
  const ends = new RetentionEnds(10);
  ends.begin(1_000);
  for (let queueId = 1; queueId <= 100; queueId += 1) ends.note({ queueId, atMs: 1_000 - queueId });
  const due = ends.due(1_000, 100);
  expect(due.length).toBeLessThan(20);
  const kept = due.map((queueId) => 1_000 - queueId);
  for (let atMs = 900; atMs < ends.completeUntilMs; atMs += 1) expect(kept).toContain(atMs);
  expect(ends.completeUntilMs).toBeGreaterThan(900);
});
