import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../test/harness/fake-clock.js';
import type { SealPushCommand } from '../core/commands/push-commands.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import { NO_LOG } from '../core/log.js';
import type { PushSubscriptionRow, SealedTexts } from '../core/queue/push-subscription.js';
import type { Store } from '../core/store/store.js';
import type { SteppedJob } from './background-job.js';
import { createSealing } from './seal-subscriptions.js';

/** A busy machine may stall for longer than the default of a second. */
const PATIENCE = { timeout: 20_000, interval: 5 };

const ROWS = 120;
const isOfFirst = (url: string): boolean => url.startsWith('first ');

/** A store of rows in which a row can change before a step seals it. */
function sealing(isBeingRotated = true) {
  const clock = new FakeClock();
  const rows = new Map<string, PushSubscriptionRow>();
  const add = (id: string, url: string): void => {
    const texts = { urlDigest: null, headers: null, secret: null, secretDigest: null };
    rows.set(id, {
      subscriptionId: id,
      url,
      ...texts,
      previousSecret: null,
    } as PushSubscriptionRow);
  };
  for (let n = 0; n < ROWS; n += 1) add(`s${String(n).padStart(4, '0')}`, 'plain');
  const steps: number[] = [];
  const logged: string[] = [];
  const raced = new Set<string>();
  const store = {
    clock,
    read: async ({ after, limit }: { after: string; limit: number }) =>
      [...rows.values()].filter((row) => row.subscriptionId > after).slice(0, limit),
  } as unknown as Store;
  const commit = {
    submit: async (command: SealPushCommand) => {
      steps.push(command.rows.length);
      let sealed = 0;
      for (const { subscriptionId, before, after } of command.rows) {
        if (raced.delete(subscriptionId)) add(subscriptionId, 'changed meanwhile');
        const row = rows.get(subscriptionId) as PushSubscriptionRow;
        if (row.url !== before.url) continue;
        rows.set(subscriptionId, { ...row, ...after });
        sealed += 1;
      }
      return { ok: true, replayed: false, sealed };
    },
  } as unknown as GroupCommit;
  const sealAnew = (row: SealedTexts): SealedTexts | undefined => {
    if (row.url === 'of another key') return undefined;
    return isOfFirst(row.url) ? row : { ...row, url: `first ${row.url}` };
  };
  const box = { isBeingRotated, sealAnew };
  job = createSealing(store, commit, box, {
    ...NO_LOG,
    warn: (message) => logged.push(message),
  });
  const finished = () =>
    vi.waitFor(() => {
      clock.advance(10);
      expect(logged).toHaveLength(1);
    }, PATIENCE);
  return { rows, add, steps, logged, raced, clock, start: () => job?.start(), finished };
}

let job: SteppedJob | undefined;

describe('the job that seals subscriptions with the newest key', () => {
  afterEach(() => job?.stop());

  it('runs in small steps, and reports its end', async () => {
    const { rows, steps, logged, start, finished } = sealing();
    start();
    await finished();
    expect(steps).toEqual([50, 50, 20]);
    expect([...rows.values()].every(({ url }) => url === 'first plain')).toBe(true);
    expect(logged[0]).toMatch(/sealed again .*: 120; none are left$/);
  });

  it('seals a row also when it was changed meanwhile', async () => {
    const { rows, raced, logged, start, finished } = sealing();
    raced.add('s0007');
    start();
    await finished();
    expect(rows.get('s0007')?.url).toBe('first changed meanwhile');
    expect(logged[0]).toContain(': 120;');
  });

  it('skips rows that no key opens, and reports their number', async () => {
    const { rows, add, logged, start, finished } = sealing();
    add('s0003', 'of another key');
    start();
    await finished();
    expect(rows.get('s0003')?.url).toBe('of another key');
    expect(logged[0]).toMatch(/: 119; 1 are left that no key opens$/);
  });

  it('reports nothing when there is one key and nothing to seal', async () => {
    const { rows, logged, clock, start } = sealing(false);
    for (const [id, row] of rows) rows.set(id, { ...row, url: 'first plain' });
    start();
    for (let turn = 0; turn < 50; turn += 1) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
    expect(logged).toEqual([]);
  });
});
