import { beforeEach, describe, expect, it } from 'vitest';
import type { Command, Outcome, PublishCommand, SettleDueCommand } from '../commands/commands.js';
import { refuse } from '../refusal.js';
import type { CommitGroupFacts, Store } from '../store/store.js';
import { createGroupCommit, GROUP_LIMITS, type GroupLimits } from './group-commit.js';

/** Commands are distinguished by their limit, which the fake store returns as the outcome. */
const command = (limit: number): SettleDueCommand => ({ kind: 'settleDue', limit });

const publish = (payload: string): PublishCommand => ({
  kind: 'publish',
  project: 'p',
  queue: 'q',
  idempotency: null,
  autoCreate: false,
  batch: false,
  messages: [
    {
      messageId: 'id',
      payload,
      headers: null,
      delayMs: 0,
      priority: 0,
      groupId: null,
      deduplicationId: null,
    },
  ],
});

interface Applied {
  readonly group: readonly Command[];
  readonly facts: CommitGroupFacts | undefined;
  finish(outcomes?: Outcome[]): void;
  fail(): void;
}

/** A store whose commit groups end when the test says so. */
function heldStore(commitGroupsUnderWayMax = 1) {
  const applied: Applied[] = [];
  const store = {
    commitGroupsUnderWayMax,
    aheadMin: 16,
    apply: (group: readonly Command[], facts?: CommitGroupFacts) =>
      new Promise<Outcome[]>((resolve, reject) => {
        const outcomes = group.map((entry) => ({
          ok: true as const,
          replayed: false,
          settled: 'limit' in entry ? entry.limit : 0,
        }));
        applied.push({
          group,
          facts,
          finish: (other) => resolve(other ?? outcomes),
          fail: () => reject(new Error('the connection broke')),
        });
      }),
  };
  return { applied, store: store as unknown as Store };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
const sizes = (applied: readonly Applied[]) => applied.map(({ group }) => group.length);

describe('group commit', () => {
  let held: ReturnType<typeof heldStore>;
  beforeEach(() => {
    held = heldStore();
  });
  const commitWith = (limits: Partial<GroupLimits> = {}) =>
    createGroupCommit(held.store, { ...GROUP_LIMITS, ...limits });

  it('applies together the commands that arrive together, and then those that arrived meanwhile', async () => {
    const commit = commitWith();
    const first = [commit.submit(command(1)), commit.submit(command(2))];
    await nextTurn();
    const second = [
      commit.submit(command(3)),
      commit.submit(command(4)),
      commit.submit(command(5)),
    ];
    await nextTurn();
    expect(sizes(held.applied)).toEqual([2]);
    held.applied[0]?.finish();
    expect(await Promise.all(first)).toMatchObject([{ settled: 1 }, { settled: 2 }]);
    await nextTurn();
    expect(sizes(held.applied)).toEqual([2, 3]);
    held.applied[1]?.finish();
    expect(await Promise.all(second)).toMatchObject([
      { settled: 3 },
      { settled: 4 },
      { settled: 5 },
    ]);
  });

  it('starts another commit group after a pause', async () => {
    const commit = commitWith();
    for (const limit of [1, 2]) {
      const outcome = commit.submit(command(limit));
      await nextTurn();
      held.applied.at(-1)?.finish();
      expect(await outcome).toMatchObject({ settled: limit });
    }
  });

  it('gives each command its own outcome, also when it sends them in another order', async () => {
    const commit = commitWith();
    const outcomes = [commit.submit(publish('1')), commit.submit(command(7))];
    await nextTurn();
    held.applied[0]?.finish();
    expect(await Promise.all(outcomes)).toMatchObject([{ settled: 0 }, { settled: 7 }]);
  });

  it('limits a commit group to a number of commands', async () => {
    const commit = commitWith({ maxCommands: 2 });
    for (let limit = 1; limit <= 5; limit += 1) void commit.submit(command(limit));
    for (let group = 0; group < 3; group += 1) {
      await nextTurn();
      held.applied[group]?.finish();
    }
    expect(sizes(held.applied)).toEqual([2, 2, 1]);
  });

  it('limits a commit group in bytes, but sends at least one command', async () => {
    const commit = commitWith({ maxBytes: 1_000 });
    for (const length of [5_000, 400, 400, 5_000, 100])
      void commit.submit(publish('x'.repeat(length)));
    for (let group = 0; group < 5; group += 1) {
      await nextTurn();
      held.applied[group]?.finish();
    }
    expect(held.applied.flatMap(({ group }) => group)).toHaveLength(5);
    expect(held.applied[0]?.group).toHaveLength(1);
    for (const { group } of held.applied) {
      const bytes = group.flatMap((entry) =>
        entry.kind === 'publish' ? entry.messages.map(({ payload }) => payload.length) : [],
      );
      if (bytes.length > 1) expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(1_000);
    }
  });

  it('puts a few steps of redrives, and not much administration, into one commit group', async () => {
    const ofProject = { project: 'p', idempotency: null };
    const redrive = (queue: string): Command => ({
      kind: 'deadLetterJob',
      ...ofProject,
      queue,
      action: 'redrive',
      jobId: queue,
      messageId: null,
      sinceMs: null,
      maxMessages: null,
    });
    const purge = (queue: string): Command => ({ kind: 'purgeQueue', ...ofProject, queue });
    for (const [make, most] of [
      [redrive, 4],
      [purge, 32],
    ] as const) {
      held = heldStore();
      const commit = commitWith();
      for (let n = 0; n < 100; n += 1) void commit.submit(make(`q${n}`));
      for (let group = 0; group < Math.ceil(100 / most); group += 1) {
        await nextTurn();
        held.applied[group]?.finish();
      }
      expect(Math.max(...sizes(held.applied))).toBeLessThanOrEqual(most);
      expect(sizes(held.applied).reduce((sum, size) => sum + size)).toBe(100);
    }
  });

  it('refuses only the commands beyond the limit of waiting ones', async () => {
    const commit = commitWith({ maxWaiting: 4 });
    const outcomes = [1, 2, 3].map((limit) => commit.submit(command(limit)));
    expect(await outcomes[2]).toMatchObject({ ok: false, code: 'OVERLOADED' });
    await nextTurn();
    held.applied[0]?.finish();
    expect(await Promise.all(outcomes.slice(0, 2))).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it('reports an unknown outcome when the store lost its answer, and continues', async () => {
    const commit = commitWith();
    const lost = [commit.submit(command(1)), commit.submit(command(2))];
    await nextTurn();
    held.applied[0]?.fail();
    const unknown = { ok: false, code: 'OUTCOME_UNKNOWN' };
    expect(await Promise.all(lost)).toMatchObject([unknown, unknown]);
    const next = commit.submit(command(3));
    await nextTurn();
    held.applied[1]?.finish();
    expect(await next).toMatchObject({ settled: 3 });
  });

  it('has as many commit groups under way as the store allows', async () => {
    held = heldStore(2);
    const commit = commitWith({ maxCommands: 1 });
    const outcomes = [1, 2, 3].map((limit) => commit.submit(command(limit)));
    await nextTurn();
    expect(sizes(held.applied)).toEqual([1, 1]);
    held.applied[1]?.finish();
    expect(await outcomes[1]).toMatchObject({ settled: 2 });
    await nextTurn();
    expect(sizes(held.applied)).toEqual([1, 1, 1]);
    held.applied[0]?.finish();
    held.applied[2]?.finish();
    await Promise.all(outcomes);
  });

  it('stops after the commands that it has, and refuses later ones', async () => {
    const commit = commitWith({ maxCommands: 1 });
    const outcomes = [commit.submit(command(1)), commit.submit(command(2))];
    let stopped = false;
    const stop = commit.stop().then(() => {
      stopped = true;
    });
    expect(await commit.submit(command(3))).toMatchObject({ ok: false });
    await nextTurn();
    held.applied[0]?.finish();
    await nextTurn();
    expect(stopped).toBe(false);
    held.applied[1]?.finish();
    await stop;
    expect(await Promise.all(outcomes)).toMatchObject([{ settled: 1 }, { settled: 2 }]);
    await commit.stop();
  });

  const of = (project: string, payload = 'x'): PublishCommand => ({ ...publish(payload), project });
  const projects = ({ group }: Applied) =>
    group.map((entry) => ('project' in entry ? entry.project : ''));

  it('lets projects take turns, also when one of them has many commands waiting', async () => {
    const commit = commitWith({ maxCommands: 4 });
    for (let n = 0; n < 20; n += 1) void commit.submit(of('many'));
    void commit.submit(of('few'));
    // The first commit group began before the command of the second project came.
    held.applied[0]?.finish();
    await nextTurn();
    expect(projects(held.applied[1] as Applied)).toContain('few');
  });

  it('starts a commit group at once when as many commands wait as are worth a commit', async () => {
    held = heldStore(2);
    const commit = commitWith();
    for (let n = 0; n < 40; n += 1) void commit.submit(command(n));
    // Two are under way, and what came after them waits for the end of one.
    expect(sizes(held.applied)).toEqual([16, 16]);
    await nextTurn();
    expect(sizes(held.applied)).toEqual([16, 16]);
    held.applied[0]?.finish();
    await nextTurn();
    expect(sizes(held.applied)).toEqual([16, 16, 8]);
  });

  it('lets a few commands wait for the end of the commit group under way', async () => {
    held = heldStore(2);
    const commit = commitWith();
    void commit.submit(command(1));
    await nextTurn();
    void commit.submit(command(2));
    await nextTurn();
    expect(sizes(held.applied)).toEqual([1]);
    held.applied[0]?.finish();
    await nextTurn();
    expect(sizes(held.applied)).toEqual([1, 1]);
  });

  it('lets a project have as many commands waiting as it leaves to the others', async () => {
    const commit = commitWith({ maxWaiting: 10 });
    const greedy = Array.from({ length: 20 }, () => commit.submit(of('greedy')));
    const modest = commit.submit(of('modest'));
    await nextTurn();
    held.applied[0]?.finish();
    const outcomes = await Promise.all(greedy);
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(5);
    expect(await modest).toMatchObject({ ok: true });
  });

  it('refuses a command whose access ends before it joins its commit group', async () => {
    const commit = commitWith({ maxCommands: 1 });
    let ended = false;
    const access = { ended: () => ended, onEnd: () => () => undefined };
    const first = commit.submit(of('p'), access);
    const second = commit.submit(of('p'), access);
    const third = commit.submit(of('p'));
    await nextTurn();
    ended = true;
    held.applied[0]?.finish();
    expect(await first).toMatchObject({ ok: true });
    expect(await second).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
    await nextTurn();
    expect(held.applied).toHaveLength(2);
    held.applied[1]?.finish();
    expect(await third).toMatchObject({ ok: true });
  });

  it('stops when only commands remain whose access has ended', async () => {
    const commit = commitWith();
    const access = { ended: () => true, onEnd: () => () => undefined };
    const refused = commit.submit(of('p'), access);
    await commit.stop();
    expect(await refused).toMatchObject({ ok: false });
    expect(held.applied).toEqual([]);
  });

  it('applies the commands of a project separately after an internal error in one of them', async () => {
    const commit = commitWith();
    const failing = commit.submit(of('faulty'));
    await nextTurn();
    held.applied[0]?.finish([refuse('INTERNAL', 'a fault')]);
    expect(await failing).toMatchObject({ ok: false });
    for (const project of ['a', 'faulty', 'b', 'faulty', 'a']) void commit.submit(of(project));
    for (let group = 1; group < 5; group += 1) {
      await nextTurn();
      held.applied[group]?.finish();
    }
    const together = held.applied.slice(1).map(projects);
    expect(together.flat().sort()).toEqual(['a', 'a', 'b', 'faulty', 'faulty']);
    expect(together.filter((group) => group.includes('faulty'))).toEqual([['faulty'], ['faulty']]);
  });
});
