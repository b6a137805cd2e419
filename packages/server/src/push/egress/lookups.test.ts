import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type LookupRoom, Lookups } from './lookups.js';

const SLOW_MS = 1_050;
const START_MS = 5_000;
const never = () => new AbortController().signal;

/** A resolver that answers names beginning with "held" when the test says so. */
function resolver(room: LookupRoom = { all: 4, unknown: 2 }) {
  const asked: string[] = [];
  const held = new Map<string, () => void>();
  let nowMs = START_MS;
  const resolve = async (name: string) => {
    asked.push(name);
    if (name.startsWith('held')) await new Promise<void>((release) => held.set(name, release));
    if (name.endsWith('.gone')) throw new Error('not found');
    return [{ address: '192.0.2.1' }];
  };
  const lookups = new Lookups(resolve, room, () => nowMs);
  const release = (name: string): void => {
    held.get(name)?.();
    held.delete(name);
  };
  return {
    asked,
    release,
    pass: (timeMs: number) => {
      nowMs += timeMs;
    },
    releaseAll: () => [...held.keys()].forEach(release),
    lookup: (name: string, project = 'p', signal = never()) =>
      lookups.lookup(name, { project, signal }),
  };
}

const turns = () => sleep(5);

/** Makes names slow, by one lookup of each that takes long. */
async function makeSlow(
  { lookup, pass, releaseAll }: ReturnType<typeof resolver>,
  names: readonly string[],
) {
  for (let at = 0; at < names.length; at += 2) {
    const pair = names.slice(at, at + 2).map((name) => lookup(name, 'slow'));
    pass(SLOW_MS);
    releaseAll();
    await Promise.all(pair);
  }
}

describe('lookups', () => {
  it('query a name once for all callers that wait for it, and again for later ones', async () => {
    const { asked, release, lookup } = resolver();
    const first = Array.from({ length: 20 }, (_, n) => lookup('held.test', `p${n % 3}`));
    expect(asked).toEqual(['held.test']);
    release('held.test');
    expect(await Promise.all(first)).toHaveLength(20);
    const again = lookup('held.test');
    expect(asked).toHaveLength(2);
    release('held.test');
    await again;
  });

  it('pass a failure to all waiting callers, and remember none', async () => {
    const { asked, lookup } = resolver();
    const wanted = [lookup('name.gone'), lookup('name.gone')];
    for (const one of wanted) await expect(one).rejects.toThrow('not found');
    await expect(lookup('name.gone')).rejects.toThrow('not found');
    expect(asked).toHaveLength(2);
  });

  it('query at most two new names at once, and quick names beside them', async () => {
    const { asked, lookup, releaseAll } = resolver();
    await lookup('quick');
    const news = ['held1', 'held2', 'held3'].map((name) => lookup(name));
    expect(asked).toEqual(['quick', 'held1', 'held2']);
    expect(await Promise.all([lookup('quick', 'q'), lookup('quick')])).toHaveLength(2);
    releaseAll();
    await turns();
    expect(asked.at(-1)).toBe('held3');
    releaseAll();
    await Promise.all(news);
  });

  it('query at most one slow name at once, so that a new one finds room', async () => {
    const all = resolver();
    await makeSlow(all, ['held1', 'held2']);
    all.asked.length = 0;
    const again = [all.lookup('held1', 'slow'), all.lookup('held2', 'slow')];
    expect(await all.lookup('new')).toHaveLength(1);
    expect(all.asked).toEqual(['held1', 'new']);
    all.release('held1');
    await turns();
    // A name that is quick this time counts as quick from now on.
    expect(all.asked.at(-1)).toBe('held2');
    all.release('held2');
    await Promise.all(again);
    all.asked.length = 0;
    const last = ['held1', 'held2', 'held3'].map((name) => all.lookup(name));
    expect(all.asked).toEqual(['held1', 'held2', 'held3']);
    all.releaseAll();
    await Promise.all(last);
  });

  it('count a name as slow that was quick and now hangs', async () => {
    const { asked, lookup, pass, release, releaseAll } = resolver();
    for (const name of ['held1', 'held2']) {
      const first = lookup(name);
      release(name);
      await first;
    }
    const hanging = [lookup('held1'), lookup('held2')];
    pass(SLOW_MS);
    const next = lookup('new');
    await turns();
    expect(asked).not.toContain('new');
    releaseAll();
    await Promise.all([...hanging, next]);
  });

  it('take turns between projects', async () => {
    const { asked, lookup, releaseAll } = resolver({ all: 2, unknown: 1 });
    const many = Array.from({ length: 50 }, (_, n) => lookup(`held-many-${n}`, 'many'));
    const few = [lookup('held-few-1', 'few'), lookup('held-few-2', 'few')];
    for (let answered = 0; answered < 5; answered += 1) {
      releaseAll();
      await turns();
    }
    const order = ['many-0', 'many-1', 'few-1', 'many-2', 'few-2', 'many-3'];
    expect(asked).toEqual(order.map((name) => `held-${name}`));
    await Promise.all(few.slice(0, 1));
    for (let answered = 0; answered < 50; answered += 1) {
      releaseAll();
      await turns();
    }
    await Promise.all([...many, ...few]);
  });

  it('refuse more than a thousand waiting names of one project, but not those of others', async () => {
    const { asked, lookup, releaseAll } = resolver({ all: 2, unknown: 1 });
    const cut = new AbortController();
    setMaxListeners(0, cut.signal);
    const many = Array.from({ length: 1_001 }, (_, n) => lookup(`held${n}`, 'many', cut.signal));
    for (const one of many) one.catch(() => undefined);
    await expect(lookup('one-more', 'many')).rejects.toThrow('name lookup failed');
    const other = lookup('other', 'other');
    // A name that waits already may have further callers.
    const same = lookup('held1000', 'many', cut.signal);
    same.catch(() => undefined);
    cut.abort(new Error('given up'));
    releaseAll();
    expect(await other).toHaveLength(1);
    expect(asked).toEqual(['held0', 'other']);
    await expect(same).rejects.toThrow('given up');
  });

  it('forget a name when all callers waiting for it have given up, and not before', async () => {
    const { asked, lookup, release } = resolver({ all: 2, unknown: 1 });
    const cuts = [new AbortController(), new AbortController(), new AbortController()] as const;
    const first = lookup('held');
    const gone = [
      lookup('gone', 'p', cuts[0].signal),
      lookup('gone', 'p', cuts[1].signal),
      lookup('stays', 'p', cuts[2].signal),
    ];
    const stays = lookup('stays');
    for (const cut of cuts) cut.abort(new Error('given up'));
    for (const one of gone) await expect(one).rejects.toThrow('given up');
    release('held');
    await Promise.all([first, stays]);
    expect(asked).toEqual(['held', 'stays']);
  });

  it('query nothing for a caller that has given up before', async () => {
    const { asked, lookup } = resolver();
    const given = lookup('name', 'p', AbortSignal.abort(new Error('given up')));
    await expect(given).rejects.toThrow('given up');
    expect(asked).toEqual([]);
  });
});
