import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import { keepLines } from '../../../test/harness/log-lines.js';
import type { Command } from '../../core/commands/commands.js';
import type { GroupCommit } from '../../core/commit-groups/group-commit.js';
import { ByteBudget } from '../../core/engine/byte-budget.js';
import { createLongPolls } from '../../core/engine/long-poll.js';
import { createIdSource } from '../../core/ids.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { Query, Store } from '../../core/store/store.js';
import { AttemptLog } from '../delivery/attempt-log.js';
import { Settlement } from '../delivery/settlement.js';
import { SecretBox } from '../request/signing/push-secret.js';
import { PushDispatcher } from './dispatcher.js';

/** A busy machine may stall for longer than the default of a second. */
const PATIENCE = { timeout: 20_000, interval: 5 };

const SUBSCRIPTIONS = 1_000;
const POLL_MS = 2_000;

const rowOf = (id: string, changes: Partial<PushSubscriptionRow> = {}) =>
  ({
    subscriptionId: id,
    project: 'p',
    queue: `queue of ${id}`,
    queueType: 'standard',
    url: `https://${id}.example/`,
    urlDigest: null,
    secret: null,
    previousSecret: null,
    previousSecretUntilMs: null,
    visibilityTimeoutMs: null,
    format: 'payload',
    maxInFlight: 1,
    headers: null,
    allowedMessageHeaders: null,
    state: 'active',
    changedSeq: 0,
    ...changes,
  }) as PushSubscriptionRow;

/** A dispatcher over subscriptions that the test changes, with records of its reads and leases. */
function dispatching(safetyPollMs: number | null, count = SUBSCRIPTIONS) {
  const clock = new FakeClock();
  const ids = createIdSource(clock);
  const rows = new Map<string, PushSubscriptionRow>();
  const set = (row: PushSubscriptionRow): void => {
    rows.set(row.subscriptionId, row);
  };
  for (let n = 0; n < count; n += 1) {
    set(rowOf(`s${String(n).padStart(5, '0')}`, { changedSeq: n + 1 }));
  }
  const reads: Query[] = [];
  const rowsRead = { count: 0 };
  const leasedFor: string[] = [];
  const { log, lines: warnings } = keepLines();
  const fault: { error: Error | undefined } = { error: undefined };

  const found = (query: Query): PushSubscriptionRow[] => {
    const all = [...rows.values()];
    if (query.kind === 'pushSubscriptions') {
      return all.filter(({ queue }) => queue === query.queue);
    }
    if (query.kind === 'activePushSubscriptions') {
      return all
        .filter(({ subscriptionId, state }) => state === 'active' && subscriptionId > query.after)
        .sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1))
        .slice(0, query.limit);
    }
    if (query.kind !== 'changedPushSubscriptions')
      throw new Error('the dispatcher does not make this query');
    return all
      .filter(({ changedSeq }) => changedSeq > query.afterSeq)
      .sort((a, b) => a.changedSeq - b.changedSeq)
      .slice(0, query.limit);
  };
  const read = async (query: Query) => {
    reads.push(query);
    if (fault.error !== undefined) throw fault.error;
    const answer = found(query);
    rowsRead.count += answer.length;
    return answer;
  };
  const submit = async (command: Command) => {
    if (command.kind !== 'consume') return { ok: true, replayed: false };
    leasedFor.push(command.queue);
    const isThere = [...rows.values()].some(({ queue }) => queue === command.queue);
    return isThere
      ? { ok: true, replayed: false, messages: [] }
      : { ok: false, code: 'QUEUE_NOT_FOUND' };
  };
  const commit = { submit } as unknown as GroupCommit;
  const longPolls = createLongPolls(clock, {
    clients: 1,
    clientsOfProject: 1,
    safetyPollMs,
  });
  const dispatcher = new PushDispatcher({
    store: { clock, safetyPollMs, expectReady: () => {}, read } as unknown as Store,
    commit,
    longPolls,
    clock,
    ids,
    client: { post: () => Promise.reject(), forget: () => {}, close: async () => {} },
    secrets: new SecretBox([]),
    log: new AttemptLog(commit, clock, ids),
    settlement: new Settlement(commit, clock),
    budget: new ByteBudget(64 * 1024 * 1024),
    random: () => 0.5,
    processLog: log,
    attempted: () => {},
  });
  started.push(dispatcher);
  const kinds = () => reads.map(({ kind }) => kind);
  /** Clears the records of reads and leases. */
  const forget = (): void => {
    reads.length = 0;
    rowsRead.count = 0;
    leasedFor.length = 0;
  };
  const loaded = async (): Promise<void> => {
    dispatcher.start();
    await vi.waitFor(() => expect(new Set(leasedFor).size).toBe(rows.size), PATIENCE);
    await vi.waitFor(() => expect(kinds().length).toBe(Math.floor(rows.size / 200) + 1), PATIENCE);
  };
  const wake = (queue: string) => longPolls.wake([{ project: 'p', queue, messages: 100 }]);
  return {
    ...{ dispatcher, clock, rows, set, reads, rowsRead, kinds, forget, loaded, wake },
    ...{ leasedFor, warnings, fault },
  };
}

const started: PushDispatcher[] = [];
/** Lets all follow-up work finish that waits for nothing outside. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

describe('the dispatcher', () => {
  afterEach(async () => {
    await Promise.all(started.splice(0).map((dispatcher) => dispatcher.stop()));
  });

  it('reads all subscriptions once at the start, in pages', async () => {
    const { loaded, kinds, rowsRead, reads } = dispatching(null);
    await loaded();
    expect(new Set(kinds())).toEqual(new Set(['activePushSubscriptions']));
    expect(rowsRead.count).toBe(SUBSCRIPTIONS);
    expect(reads.every((query) => 'limit' in query && query.limit <= 200)).toBe(true);
  });

  it('reads only the queue of a changed subscription, and applies the change', async () => {
    const all = dispatching(null);
    await all.loaded();
    all.forget();
    const queue = 'queue of s00007';
    all.set(rowOf('new', { queue }));
    await all.dispatcher.subscriptionsChanged('p', queue);
    expect(all.reads).toEqual([{ kind: 'pushSubscriptions', project: 'p', queue }]);
    expect(all.rowsRead.count).toBe(2);
    await vi.waitFor(() => expect(all.leasedFor).toEqual([queue]), PATIENCE);
    all.forget();
    all.rows.delete('new');
    all.set(rowOf('s00007', { state: 'paused' }));
    await all.dispatcher.subscriptionsChanged('p', queue);
    all.wake(queue);
    await settled();
    expect(all.leasedFor).toEqual([]);
    expect(all.kinds()).toEqual(['pushSubscriptions']);
  });

  it('reads a queue once for all changes that wait for it', async () => {
    const all = dispatching(null, 10);
    await all.loaded();
    all.forget();
    const queue = 'queue of s00007';
    await Promise.all(
      Array.from({ length: 50 }, () => all.dispatcher.subscriptionsChanged('p', queue)),
    );
    expect(all.kinds().length).toBeLessThanOrEqual(2);
  });

  it('polls nothing when it is the only node', async () => {
    const all = dispatching(null, 10);
    await all.loaded();
    all.forget();
    all.clock.advance(60_000);
    await settled();
    expect(all.kinds()).toEqual([]);
  });

  it('polls the changes of other nodes, and reads nothing else', async () => {
    const all = dispatching(POLL_MS);
    await all.loaded();
    all.forget();
    all.clock.advance(POLL_MS);
    await vi.waitFor(() => expect(all.reads).toHaveLength(1), PATIENCE);
    expect(all.reads).toMatchObject([
      { kind: 'changedPushSubscriptions', afterSeq: SUBSCRIPTIONS },
    ]);
    expect(all.rowsRead.count).toBe(0);
    all.forget();
    all.set(rowOf('from elsewhere', { changedSeq: SUBSCRIPTIONS + 1 }));
    all.set(rowOf('s00003', { state: 'paused', changedSeq: SUBSCRIPTIONS + 2 }));
    await settled();
    all.clock.advance(POLL_MS);
    await vi.waitFor(() => expect(all.leasedFor).toContain('queue of from elsewhere'), PATIENCE);
    expect(all.rowsRead.count).toBe(2);
    all.forget();
    all.wake('queue of s00003');
    await settled();
    expect(all.leasedFor).toEqual([]);
  });

  it('applies a change that becomes visible after a later one', async () => {
    const all = dispatching(POLL_MS, 10);
    await all.loaded();
    all.set(rowOf('later', { changedSeq: 12 }));
    all.clock.advance(POLL_MS);
    await vi.waitFor(() => expect(all.leasedFor).toContain('queue of later'), PATIENCE);
    await settled();
    all.set(rowOf('earlier', { changedSeq: 11 }));
    all.clock.advance(POLL_MS);
    await vi.waitFor(() => expect(all.leasedFor).toContain('queue of earlier'), PATIENCE);
  });

  it('reads everything once more when transactions from before its start must have become visible', async () => {
    const all = dispatching(POLL_MS, 10);
    await all.loaded();
    await settled();
    all.forget();
    all.set(rowOf('late', { changedSeq: 3 }));
    const realMs = performance.now();
    const now = vi.spyOn(performance, 'now').mockImplementation(() => realMs + 15_000);
    all.clock.advance(POLL_MS);
    await settled();
    now.mockRestore();
    expect(all.kinds()).toEqual(['activePushSubscriptions']);
    expect(all.leasedFor).toContain('queue of late');
    all.forget();
    all.clock.advance(POLL_MS);
    await settled();
    expect(all.kinds()).toEqual(['changedPushSubscriptions']);
  });

  it('reads the queue of a worker that is refused a lease, and ends the worker', async () => {
    const all = dispatching(POLL_MS, 10);
    await all.loaded();
    all.forget();
    const queue = 'queue of s00003';
    all.rows.delete('s00003');
    all.wake(queue);
    await vi.waitFor(
      () => expect(all.reads).toEqual([{ kind: 'pushSubscriptions', project: 'p', queue }]),
      PATIENCE,
    );
    all.forget();
    all.wake(queue);
    await settled();
    expect(all.leasedFor).toEqual([]);
  });

  it('repeats a read that failed', async () => {
    const all = dispatching(null, 10);
    all.fault.error = new Error('the store is away');
    all.dispatcher.start();
    await vi.waitFor(() => expect(all.reads).toHaveLength(1), PATIENCE);
    await settled();
    all.fault.error = undefined;
    await vi.waitFor(() => {
      all.clock.advance(1_000);
      expect(new Set(all.leasedFor).size).toBe(10);
    }, PATIENCE);
    all.fault.error = new Error('the store is away');
    all.set(rowOf('new'));
    await all.dispatcher.subscriptionsChanged('p', 'queue of new');
    all.fault.error = undefined;
    await vi.waitFor(() => {
      all.clock.advance(1_000);
      expect(all.leasedFor).toContain('queue of new');
    }, PATIENCE);
  });

  it('warns once of all short secrets', async () => {
    const all = dispatching(null, 10);
    for (const id of ['s00001', 's00002']) all.set(rowOf(id, { secret: 'plain:short' }));
    all.set(rowOf('s00003', { secret: 'plain:a secret of many bytes' }));
    await all.loaded();
    await vi.waitFor(() => expect(all.warnings).toHaveLength(1), PATIENCE);
    expect(all.warnings[0]?.message).toContain('less than 16 bytes: 2');
    expect(JSON.stringify(all.warnings)).not.toContain('short;');
  });

  it('warns of a subscription sealed under another key, and starts no worker for it', async () => {
    const all = dispatching(null, 10);
    all.set(rowOf('s00004', { url: 'sealed:x' }));
    all.dispatcher.start();
    await vi.waitFor(() => expect(new Set(all.leasedFor).size).toBe(9), PATIENCE);
    expect(all.leasedFor).not.toContain('queue of s00004');
    expect(all.warnings).toMatchObject([
      {
        message: expect.stringContaining('under another key'),
        fields: { subscription_id: 's00004' },
      },
    ]);
  });
});
