import { describe, expect, it } from 'vitest';
import { FairWork } from './fair-work.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('fair work', () => {
  it('runs no more at once than allowed, and lets projects take turns', async () => {
    const work = new FairWork(2);
    const began: string[] = [];
    const ends: (() => void)[] = [];
    let underWay = 0;
    let most = 0;
    const run = (project: string) =>
      work.run(project, async () => {
        began.push(project);
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise<void>((resolve) => ends.push(resolve));
        underWay -= 1;
        // A project whose work is done comes back at once.
        if (began.length < 12) void run(project);
      });
    for (let n = 0; n < 6; n += 1) void run('many');
    void run('few');
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await nextTurn();
    }
    expect(most).toBe(2);
    expect(began.indexOf('few')).toBeLessThan(4);
    expect(underWay).toBe(0);
  });

  it('continues when a piece of work fails', async () => {
    const work = new FairWork(1);
    const failing = work.run('p', () => Promise.reject(new Error('a fault')));
    const next = work.run('p', async () => 'done');
    await expect(failing).rejects.toThrow('a fault');
    expect(await next).toBe('done');
  });

  it('starts nothing while it is paused, and reports when nothing is running', async () => {
    const work = new FairWork(2);
    let endFirst = (): void => {};
    const first = new Promise<void>((resolve) => {
      endFirst = resolve;
    });
    const started: string[] = [];
    const running = work.run('a', () => first);
    let isIdle = false;
    const idle = work.pause().then(() => {
      isIdle = true;
    });
    const later = ['a', 'b'].map((project) =>
      work.run(project, async () => {
        started.push(project);
      }),
    );
    await nextTurn();
    expect([isIdle, started]).toEqual([false, []]);
    endFirst();
    await Promise.all([running, idle]);
    await nextTurn();
    expect(started).toEqual([]);
    work.resume();
    await Promise.all(later);
    expect(started).toEqual(['a', 'b']);
    await work.pause();
  });
});
