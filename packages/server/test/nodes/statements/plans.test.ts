import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, LeasedMessage } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import type { Query } from '#server/core/store/store';
import { setSession } from '#server/store/postgres/driver/sessions';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Tables that may grow large. The others stay small, or are read page by page. */
const GROWING = new Set([
  ...['messages', 'fifo_groups', 'idempotency', 'deduplications', 'queues', 'queue_counters'],
  ...['dead_counters', 'queue_history', 'queue_quarters', 'queue_consumers'],
  'push_attempts',
]);
/** Statements that walk all queues page by page, or change settings and are run rarely. */
const MAY_WALK = /WITH RECURSIVE reached|OVER \(PARTITION BY project/;

/** The only index that is right for a statement, by a part of its text. */
const INDEX_OF: readonly (readonly [RegExp, string])[] = [
  [/ORDER BY m\.rank DESC, m\.seq LIMIT w\.wanted/, 'messages_ready'],
  [/m\.group_key IS NULL\s+ORDER BY m\.due_at_ms, m\.message_id/, 'messages_due'],
  [/m\.group_key IS NOT NULL\s+ORDER BY m\.due_at_ms LIMIT/, 'messages_due_in_groups'],
  [/AS "oldestAtMs"/, 'messages_live'],
  [/m\.dead_lettered_at_ms, m\.seq, m\.message_id LIMIT/, 'messages_dead'],
  [/g\.head_seq > \$2/, 'fifo_groups_ready'],
  [/INSERT INTO millrace\.queue_history/, 'queue_counters_pkey'],
  [/AS i\(|AS i$|AS i\s/, 'idempotency_pkey'],
  [/AS d$/, 'deduplications_pkey'],
];

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

function fault(node: PlanNode): string | undefined {
  const table = node['Relation Name'];
  if (table === undefined || !GROWING.has(table)) return undefined;
  const type = node['Node Type'];
  if (type === 'Tid Scan' || type === 'ModifyTable') return undefined;
  if (type.startsWith('Index') && node['Index Cond'] !== undefined) return undefined;
  return `${type} of ${table} by ${node['Index Name'] ?? 'nothing'}`;
}

/** Records every statement that connections of this process prepare. */
function noteStatements(): { readonly texts: Set<string>; stop(): void } {
  const texts = new Set<string>();
  const { prototype } = (pg as unknown as { Connection: { prototype: pg.Connection } }).Connection;
  const { parse } = prototype;
  prototype.parse = function (query, more) {
    texts.add(query.text);
    return parse.call(this, query, more);
  };
  return { texts, stop: () => Object.assign(prototype, { parse }) };
}

describe('plans made while the tables are almost empty', () => {
  const stores = useTwoStores();
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  const noted = noteStatements();
  const run = <C extends Command>(command: C) => on(stores.one, command);
  const keyed = (key: string) => ({
    idempotency: { capability: 'c', key, fingerprint: 'f', windowMs: 60_000 } as never,
  });
  let prepared = 0;

  beforeAll(async () => {
    await run(make.createQueue('dead'));
    await run(make.createQueue('standard', { deadLetterQueue: 'dead', maxRetries: 0 }));
    await run(make.createQueue('fifo', { type: 'fifo' }));
    for (const queue of ['standard', 'fifo']) {
      for (const round of ['1', '2', '3']) await useOnce(queue, round);
    }
    await run(make.redrive('standard'));
    await run(make.purgeQueue('fifo'));
    await run({ kind: 'sweepDiscarded', limit: 10 });
    await run(make.publish('fifo', [inGroup('g')]));
    await run({ kind: 'expire', afterQueueId: 0, limit: 10 });
    const now = { waiting: 1, lastFetchAtMs: Date.now(), lastFetchKeyId: null };
    const consumers = [{ ...inQueue, ...now }];
    await run({ kind: 'recordConsumers', nodeId: 'n', consumers });
    for (const query of QUERIES) await stores.one.read(query);
    await setSession(stores.admin, 'work');
  });
  afterAll(() => noted.stop());

  const inGroup = (group: string) => ({ groupId: group, groupKey: group, deduplicationId: group });

  async function useOnce(queue: string, round: string): Promise<void> {
    const more = queue === 'fifo' ? inGroup(round) : {};
    await run(make.publish(queue, [more], keyed(`p${round}`)));
    const consume = make.consume(queue, { maxMessages: 1, ...keyed(`c${round}`) });
    const leased = await run(consume);
    await run({ ...consume, receiptPrefix: `again${round}` });
    const [message] = (leased.ok ? leased.messages : []) as [LeasedMessage];
    await run(make.extend(queue, message, 5_000));
    await run(round === '1' ? make.ack(queue, message) : make.nack(queue, message));
    await run({ kind: 'settleDue', limit: 10 });
  }

  async function faults(): Promise<string[]> {
    const found: string[] = [];
    for (const text of noted.texts) {
      if (!/^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)/.test(text) || MAY_WALK.test(text)) continue;
      prepared += 1;
      const parameters = new Set(text.match(/\$\d+/g)).size;
      const values = parameters === 0 ? '' : `(${Array(parameters).fill('NULL').join(', ')})`;
      await stores.admin.query(`PREPARE plan_${prepared} AS ${text}`);
      const { rows } = await stores.admin.query(
        `EXPLAIN (FORMAT JSON) EXECUTE plan_${prepared} ${values}`,
      );
      const nodes = nodesOf(rows[0]['QUERY PLAN'][0].Plan);
      const asked = new Set(nodes.map((node) => node['Index Name']));
      const missed = INDEX_OF.filter(([part, index]) => part.test(text) && !asked.has(index));
      for (const what of [
        ...nodes.flatMap((node) => fault(node) ?? []),
        ...missed.map(([, index]) => `${index} is not used`),
      ]) {
        found.push(`${what}: ${text.replace(/\s+/g, ' ').trim().slice(0, 120)}`);
      }
    }
    return found;
  }

  it('use an index for each row, without statistics', async () => {
    expect(noted.texts.size).toBeGreaterThan(40);
    expect(await faults()).toEqual([]);
  });

  it('use an index for each row, with statistics of almost empty tables', async () => {
    await stores.admin.query('ANALYZE');
    expect(await faults()).toEqual([]);
  });

  it('use an index for each row of a table that has grown since its statistics were taken', async () => {
    await stores.admin.query(
      `INSERT INTO millrace.messages (bucket_id, message_id, seq, rank, state, priority,
         enqueued_at_ms, first_available_at_ms, live_since_ms, bytes, payload)
       SELECT (SELECT bucket_id FROM millrace.queues WHERE name = 'standard'), gen_random_uuid(),
         n, 0, 0, 0, 1, 1, 1, 1, '1' FROM generate_series(1, 50000) AS n`,
    );
    expect(await faults()).toEqual([]);
  });
});

const inQueue = { project: 'p', queue: 'standard' } as const;
const page = { after: null, limit: 10, maxBytes: 1_000_000, strict: false } as const;
const QUERIES: readonly Query[] = [
  { kind: 'getQueue', ...inQueue },
  { kind: 'stats', ...inQueue },
  { kind: 'listQueues', project: 'p', prefix: '', after: null, limit: 10, counts: true },
  { kind: 'queueIds', limit: 10 },
  { kind: 'queueDepths', queueIds: [1] },
  { kind: 'peek', ...inQueue, state: null, ...page },
  { kind: 'peek', ...inQueue, queue: 'fifo', state: null, ...page },
  { kind: 'deadLetters', ...inQueue, ...page },
  { kind: 'message', ...inQueue, messageId: '0190a5a0-0000-7000-8000-000000000000' },
  { kind: 'history', ...inQueue, sinceMinute: 0 },
  { kind: 'recentMinutes', project: 'p', queues: ['standard'], sinceMinute: 0 },
  { kind: 'pushSubscriptions', ...inQueue },
  { kind: 'findKeys', secretHashes: ['a'] },
];
