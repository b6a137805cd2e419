import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import type { KeyRow } from '../commands/commands.js';
import type { Store } from '../store/store.js';
import type { Caller } from './caller.js';
import { hashSecret, KeyRing } from './key-ring.js';

/** A busy machine may stall for longer than the default of a second. */
const PATIENCE = { timeout: 20_000, interval: 5 };

const keyOf = (name: string): KeyRow => ({
  keyId: `id of ${name}`,
  name,
  project: 'p',
  scopes: ['manage'],
  secretHash: hashSecret(name),
  createdAtMs: 0,
  expiresAtMs: null,
  revokedAtMs: null,
  lastUsedAtMs: null,
});

/** A store with these keys, which records its reads. */
function storeWith(...rows: KeyRow[]) {
  const keys = new Map(rows.map((row) => [row.secretHash, row]));
  const asked: string[][] = [];
  const clock = new FakeClock();
  const store = {
    clock,
    read: async ({ secretHashes }: { secretHashes: string[] }) => {
      asked.push(secretHashes);
      return secretHashes.flatMap((hash) => keys.get(hash) ?? []);
    },
  };
  const put = (row: KeyRow) => keys.set(row.secretHash, row);
  return { store: store as unknown as Store, clock, asked, put };
}

describe('the key ring', () => {
  let ring: KeyRing;
  afterEach(() => {
    vi.useRealTimers();
    ring.stop();
  });
  const find = async (name: string) => ring.find(hashSecret(name));

  it('accepts no key whose revocation overtakes the first look at the store', async () => {
    const { store } = storeWith(keyOf('a'), keyOf('b'));
    ring = new KeyRing(store, undefined);
    const looking = [find('a'), find('b')];
    ring.revoked('id of a');
    expect((await Promise.all(looking)).map((caller) => caller?.keyId)).toEqual([
      undefined,
      'id of b',
    ]);
    expect(await find('a')).toBeUndefined();
  });

  it('reads all keys that are wanted meanwhile at once, and each only once', async () => {
    const { store, asked } = storeWith(keyOf('a'));
    ring = new KeyRing(store, undefined);
    const names = ['a', 'x', 'y', 'a', 'z'];
    const found = await Promise.all(names.map(find));
    expect(found.map((caller) => caller?.keyId)).toEqual([
      'id of a',
      undefined,
      undefined,
      'id of a',
      undefined,
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toHaveLength(4);
  });

  it('does not read an unknown key again', async () => {
    const { store, asked } = storeWith();
    ring = new KeyRing(store, undefined);
    await find('x');
    for (let n = 0; n < 10; n += 1) expect(ring.find(hashSecret('x'))).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  it('bounds the number of unknown keys that it remembers', async () => {
    const { store, asked } = storeWith();
    ring = new KeyRing(store, undefined);
    await Promise.all(Array.from({ length: 10_001 }, (_, n) => find(`x${n}`)));
    const before = asked.length;
    await find('x0');
    expect(asked).toHaveLength(before + 1);
    expect(ring.find(hashSecret('x10000'))).toBeUndefined();
  });

  it('uses a remembered key while it reads it again, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const { store, asked, put } = storeWith(keyOf('a'));
    ring = new KeyRing(store, undefined);
    await find('a');
    put({ ...keyOf('a'), revokedAtMs: 1 });
    vi.advanceTimersByTime(2_500);
    expect(ring.find(hashSecret('a'))).toMatchObject({ keyId: 'id of a' });
    await vi.waitFor(() => expect(asked).toHaveLength(2), PATIENCE);
    await Promise.resolve();
    expect(ring.find(hashSecret('a'))).toBeUndefined();
  });

  it('reads a key first that it has not read for long', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const { store, put } = storeWith(keyOf('a'));
    ring = new KeyRing(store, undefined);
    await find('a');
    put({ ...keyOf('a'), revokedAtMs: 1 });
    vi.advanceTimersByTime(60_000);
    expect(await find('a')).toBeUndefined();
  });

  it('ends the calls of a key at once when it is revoked on this node', async () => {
    const { store } = storeWith(keyOf('a'), keyOf('b'));
    ring = new KeyRing(store, undefined);
    const [a, b] = (await Promise.all([find('a'), find('b')])) as [Caller, Caller];
    const ended: string[] = [];
    a.onEnd(() => ended.push('a'));
    b.onEnd(() => ended.push('b'));
    ring.revoked('id of a');
    expect(ended).toEqual(['a']);
    expect([a.ended(), b.ended()]).toEqual([true, false]);
    expect(ring.find(hashSecret('a'))).toBeUndefined();
  });

  it('ends the calls of a key within seconds when it was revoked elsewhere', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const { store, put } = storeWith(keyOf('a'));
    ring = new KeyRing(store, undefined);
    const a = (await find('a')) as Caller;
    let ended = false;
    a.onEnd(() => {
      ended = true;
    });
    put({ ...keyOf('a'), revokedAtMs: 1 });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(ended).toBe(true);
  });

  it('ends the calls of a key that expires', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const { store, clock } = storeWith({ ...keyOf('a'), expiresAtMs: Date.UTC(2026, 0, 2) });
    ring = new KeyRing(store, undefined);
    const a = (await find('a')) as Caller;
    let ended = false;
    a.onEnd(() => {
      ended = true;
    });
    clock.advance(24 * 3_600_000);
    expect(a.ended()).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ended).toBe(true);
  });

  it('does not watch a key without a call under way', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const { store, asked } = storeWith(keyOf('a'));
    ring = new KeyRing(store, undefined);
    const a = (await find('a')) as Caller;
    a.onEnd(() => undefined)();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps what it knows of a key in use while the store cannot be read', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const { store } = storeWith(keyOf('a'));
    ring = new KeyRing(store, undefined);
    const a = (await find('a')) as Caller;
    a.onEnd(() => undefined);
    store.read = () => Promise.reject(new Error('away'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(a.ended()).toBe(false);
    await expect(find('a')).rejects.toThrow('away');
  });
});
