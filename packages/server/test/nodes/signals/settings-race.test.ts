import { describe, expect, it } from 'vitest';
import type { Command } from '#server/core/commands/commands';
import type { SubscribePushCommand } from '#server/core/commands/push-commands';
import { createGroupCommit, type GroupCommit } from '#server/core/commit-groups/group-commit';
import { createIdSource } from '#server/core/ids';
import type { QueueSettings } from '#server/core/queue/queue-entry';
import { SETTINGS_LOCK } from '#server/store/postgres/transaction/settings-lock';
import { FakeClock } from '../../harness/fake-clock.js';
import { readUsageTables } from '../../harness/usage-tables.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

const ROUNDS = 100;
const WITHIN_MS = 120_000;

const make = new CommandBuilder('p', createIdSource(new FakeClock()));
let made = 0;

const newName = (): string => {
  made += 1;
  return `q${made}`;
};

const update = (queue: string, settings: Partial<QueueSettings>): Command =>
  make.updateQueue(queue, settings);

const create = (queue: string, deadLetterQueue: string): Command =>
  make.createQueue(queue, { deadLetterQueue });

function subscribe(queue: string, deadLetterQueue: string | null): SubscribePushCommand {
  const url = `https://example.com/${newName()}`;
  return {
    kind: 'subscribePush',
    autoCreate: false,
    project: 'p',
    queue,
    idempotency: null,
    subscriptionId: newName(),
    settings: { url, urlDigest: null, deadLetterQueue },
    forms: { plainUrl: url, urlDigests: [], secretDigests: [] },
  };
}

const toward = (queue: string, deadLetterQueue: string): Command =>
  update(queue, { deadLetterQueue });

describe.each(['read committed', 'repeatable read'])(
  'changes of settings at two nodes, with isolation %s',
  (isolation) => {
    let commits: readonly [GroupCommit, GroupCommit] | undefined;
    const stores = useTwoStores(`default_transaction_isolation = ''${isolation}''`);

    /** Submits both at once, each at its own node. @returns for each its code, or "ok" */
    const atOnce = async (first: Command, second: Command): Promise<string[]> => {
      // Through commit groups, as a node does: they keep waiting where a single try meets a lock.
      commits ??= [createGroupCommit(stores.one), createGroupCommit(stores.other)];
      const [one, other] = commits;
      const outcomes = await Promise.all([one.submit(first), other.submit(second)]);
      return outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code));
    };
    const queues = async (count: number): Promise<string[]> => {
      const names = Array.from({ length: count }, newName);
      await stores.one.apply(names.map((name) => make.createQueue(name)));
      return names;
    };
    const rowOf = (queue: string) => stores.one.read({ kind: 'getQueue', project: 'p', queue });
    /** How often each pair of answers was given. */
    const answersOf = async (
      count: number,
      pair: (names: readonly string[]) => readonly [Command, Command],
    ): Promise<Record<string, number>> => {
      const seen: Record<string, number> = {};
      for (let round = 0; round < ROUNDS; round += 1) {
        const answers = (await atOnce(...pair(await queues(count)))).join(' ');
        seen[answers] = (seen[answers] ?? 0) + 1;
      }
      return seen;
    };
    const onlyOf = (seen: Record<string, number>, ...allowed: readonly string[]): void => {
      const others = Object.entries(seen).filter(([answers]) => !allowed.includes(answers));
      expect(others).toEqual([]);
    };

    it(
      'both take effect when two settings of a queue are changed at once',
      async () => {
        let lost = 0;
        for (let round = 0; round < ROUNDS; round += 1) {
          const [queue] = (await queues(1)) as [string];
          const answers = await atOnce(
            update(queue, { maxRetries: 9 }),
            update(queue, { messageRetentionDays: 2 }),
          );
          expect(answers).toEqual(['ok', 'ok']);
          const row = await rowOf(queue);
          if (row?.maxRetries !== 9 || row.messageRetentionDays !== 2) lost += 1;
        }
        expect(lost).toBe(0);
      },
      WITHIN_MS,
    );

    it.each([
      ['updates', toward, toward],
      ['an update and a subscription', toward, subscribe],
      ['subscriptions', subscribe, subscribe],
    ])(
      'never close a cycle of dead-letter queues by %s at once',
      async (_what, first, second) => {
        const seen = await answersOf(2, ([x, y]) => [
          first(x as string, y as string),
          second(y as string, x as string),
        ]);
        onlyOf(seen, 'ok DEAD_LETTER_CYCLE', 'DEAD_LETTER_CYCLE ok');
      },
      WITHIN_MS,
    );

    it.each([
      ['a create', create],
      ['an update', toward],
      ['a subscribe', subscribe],
    ])(
      'let either the deletion of a queue or %s that names it succeed',
      async (_what, name) => {
        const seen = await answersOf(2, ([x, y]) => [
          name(name === create ? newName() : (x as string), y as string),
          make.deleteQueue(y as string),
        ]);
        onlyOf(seen, 'ok QUEUE_IN_USE', 'DEAD_LETTER_QUEUE_NOT_FOUND ok');
      },
      WITHIN_MS,
    );

    it.each([
      ['an update', (queue: string) => update(queue, { maxRetries: 1 })],
      ['a subscribe', (queue: string) => subscribe(queue, null)],
    ])(
      'let %s of a queue come before its deletion, or find no queue',
      async (_what, change) => {
        const seen = await answersOf(1, ([x]) => [
          change(x as string),
          make.deleteQueue(x as string),
        ]);
        onlyOf(seen, 'ok ok', 'QUEUE_NOT_FOUND ok');
      },
      WITHIN_MS,
    );

    it(
      'count a subscription once when it is changed and deleted at once',
      async () => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const [queue] = (await queues(1)) as [string];
          const first = subscribe(queue, null);
          const { subscriptionId } = first;
          const again = { ...first, subscriptionId: newName() };
          const end = { kind: 'unsubscribePush', project: 'p', queue, idempotency: null } as const;
          await on(stores.one, first);
          expect(await atOnce(again, { ...end, subscriptionId })).toEqual(['ok', 'ok']);
        }
        const { kept, counted } = await readUsageTables(stores.url);
        expect(kept).toEqual(counted);
      },
      WITHIN_MS,
    );

    it(
      'either name a queue that is created at once, or do not find it',
      async () => {
        const seen = await answersOf(0, () => {
          const target = newName();
          return [create(newName(), target), make.createQueue(target)];
        });
        onlyOf(seen, 'ok ok', 'DEAD_LETTER_QUEUE_NOT_FOUND ok');
      },
      WITHIN_MS,
    );
  },
);

describe('calls that work on messages', () => {
  const stores = useTwoStores();

  it('never wait for a change of settings', async () => {
    await on(stores.one, make.createQueue('dead'));
    await on(stores.one, make.createQueue('q', { deadLetterQueue: 'dead' }));
    await stores.admin.query('SELECT pg_advisory_lock($1)', [SETTINGS_LOCK]);
    let isChanged = false;
    const commit = createGroupCommit(stores.other);
    const changing = commit.submit(make.updateQueue('q', { maxRetries: 9 })).then((outcome) => {
      isChanged = true;
      return outcome;
    });
    for (let round = 0; round < 10; round += 1) {
      await on(stores.one, make.publish('q', ['1', '2']));
      const leased = await on(stores.one, make.consume('q', { maxMessages: 2 }));
      const [first, second] = leased.ok ? leased.messages : [];
      if (first === undefined || second === undefined) throw new Error('nothing was leased');
      expect(await on(stores.one, make.ack('q', [first]))).toMatchObject({ ok: true });
      const rejected = make.nack('q', [second], { requeue: false });
      expect(await on(stores.one, rejected)).toMatchObject({ ok: true });
    }
    expect(isChanged).toBe(false);
    await stores.admin.query('SELECT pg_advisory_unlock($1)', [SETTINGS_LOCK]);
    expect(await changing).toMatchObject({ ok: true, queue: { maxRetries: 9 } });
  });
});
