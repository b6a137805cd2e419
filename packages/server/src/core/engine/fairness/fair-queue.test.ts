import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

const drained = (queue: FairQueue<string>): string[] => {
  const items: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
};

describe('a fair queue', () => {
  it("keeps the order of a project's items", () => {
    const queue = new FairQueue<string>();
    for (const item of ['1', '2', '3']) queue.push('p', item);
    expect(drained(queue)).toEqual(['1', '2', '3']);
    expect(queue.size).toBe(0);
  });

  it('lets projects take turns, also when one of them has many items waiting', () => {
    const queue = new FairQueue<string>();
    for (let n = 1; n <= 4; n += 1) queue.push('many', `many ${n}`);
    queue.push('few', 'few 1');
    queue.push('other', 'other 1');
    expect(drained(queue)).toEqual(['many 1', 'few 1', 'other 1', 'many 2', 'many 3', 'many 4']);
  });

  it('shows the next item, and can skip it', () => {
    const queue = new FairQueue<string>();
    queue.push('a', 'a 1');
    queue.push('b', 'b 1');
    expect(queue.peek()).toBe('a 1');
    queue.skip();
    expect(queue.peek()).toBe('b 1');
    expect(queue.shift()).toBe('b 1');
    expect(queue.shift()).toBe('a 1');
    expect(queue.peek()).toBeUndefined();
  });

  it('counts the waiting items', () => {
    const queue = new FairQueue<string>();
    for (let n = 0; n < 5_000; n += 1) queue.push('p', String(n));
    queue.push('q', 'q');
    for (let n = 0; n < 4_001; n += 1) queue.shift();
    expect([queue.size, queue.sizeOf('p'), queue.sizeOf('q')]).toEqual([1_000, 1_000, 0]);
    expect(queue.projects).toBe(1);
    expect(drained(queue).at(-1)).toBe('4999');
  });
});
