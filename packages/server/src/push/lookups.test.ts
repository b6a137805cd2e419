import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Lookups } from './lookups.js';

const SLOW_MS = 1_050;

/** Names that begin with "slow" are answered when the test says so. */
function resolver() {
  const asked: string[] = [];
  const held: (() => void)[] = [];
  const { lookup } = new Lookups(async (name) => {
    asked.push(name);
    if (name.startsWith('slow')) await new Promise<void>((resolve) => held.push(resolve));
    if (name.endsWith('.gone')) throw new Error('not found');
    return [{ address: '192.0.2.1' }];
  }, 1);
  return { asked, held, lookup };
}

describe('lookups', () => {
  it('asks once for a name, however many want it, and anew afterwards', async () => {
    const { asked, held, lookup } = resolver();
    const first = Array.from({ length: 20 }, () => lookup('slow.test'));
    expect(asked).toEqual(['slow.test']);
    held.shift()?.();
    expect(await Promise.all(first)).toHaveLength(20);
    void lookup('slow.test');
    expect(asked).toHaveLength(2);
    held.shift()?.();
  });

  it('hands a failure to all who wait, and keeps none', async () => {
    const { asked, lookup } = resolver();
    const wanted = [lookup('name.gone'), lookup('name.gone')];
    for (const one of wanted) await expect(one).rejects.toThrow('not found');
    await expect(lookup('name.gone')).rejects.toThrow('not found');
    expect(asked).toHaveLength(2);
  });

  it('asks for one slow name at a time, while others are not held up', async () => {
    const { asked, held, lookup } = resolver();
    const names = ['slow1', 'slow2', 'slow3'];
    const before = names.map((name) => lookup(name));
    await sleep(SLOW_MS);
    for (const release of held.splice(0)) release();
    await Promise.all(before);

    asked.length = 0;
    const again = names.map((name) => lookup(name));
    expect(await lookup('quick')).toHaveLength(1);
    expect([...asked].sort()).toEqual(['quick', 'slow1']);
    // One that is quick this time counts as quick from now on.
    for (let answered = 0; answered < names.length; answered += 1) {
      await expect.poll(() => held.length).toBe(1);
      held.shift()?.();
    }
    await Promise.all(again);
    asked.length = 0;
    const last = names.map((name) => lookup(name));
    expect(asked).toEqual(names);
    for (const release of held.splice(0)) release();
    await Promise.all(last);
  });
});
