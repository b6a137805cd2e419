import { describe, expect, it } from 'vitest';
import { monotonicMs } from '../../core/clock.js';
import { Deadlines, type Limited } from './deadlines.js';

const item = (inMs: number): Limited => ({ deadlineMs: monotonicMs() + inMs, index: -1 });

describe('deadlines', () => {
  it('end in order, none too early, and not when they were removed', async () => {
    const over: Limited[] = [];
    const deadlines = new Deadlines<Limited>((one) => {
      expect(monotonicMs()).toBeGreaterThanOrEqual(one.deadlineMs);
      over.push(one);
      deadlines.remove(one);
    });
    const [late, soon, removed, next] = [item(120), item(20), item(30), item(60)];
    for (const one of [late, soon, removed, next]) deadlines.add(one);
    deadlines.remove(removed);
    await expect.poll(() => over.length).toBe(3);
    expect(over).toEqual([soon, next, late]);
    expect(deadlines.all()).toEqual([]);
  });

  it('are all listed, in whatever order they are added and removed', () => {
    const deadlines = new Deadlines<Limited>(() => undefined);
    const items = Array.from({ length: 100 }, () => item(60_000));
    for (const one of items) deadlines.add(one);
    const kept = items.filter((_one, index) => index % 3 === 0);
    for (const one of items) if (!kept.includes(one)) deadlines.remove(one);
    expect(new Set(deadlines.all())).toEqual(new Set(kept));
    for (const one of kept.reverse()) deadlines.remove(one);
    expect(deadlines.all()).toEqual([]);
    deadlines.stop();
  });
});
