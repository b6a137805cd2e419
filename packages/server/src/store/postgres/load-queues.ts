import type { Command } from '../../core/commands.js';
import { subscriptionOfHolder } from '../../core/push-subscription.js';
import {
  DEFAULT_SETTINGS,
  type KeptSettings,
  type QueueColumns,
  queueEntryOf,
  type ReachableFrom,
} from '../../core/queue-settings.js';
import type { QueueEntry } from '../../core/transaction.js';
import { rowOf } from './by-key.js';
import { type CounterRows, holdSlot } from './counter-rows.js';
import type { KnownQueue } from './known-queues.js';
import type { Parameter } from './parameters.js';
import type { Pipeline } from './pipeline.js';
import { pushPolicies } from './push-rows.js';
import { deadLetterQueueOf, type MessageRow, QUEUE_COLUMNS, QUEUE_FROM } from './rows.js';
import { lockSettings } from './settings-lock.js';
import type { GroupTransaction } from './transaction.js';

/**
 * Store time (see `store-clock.ts`) at the moment in which this is evaluated, in milliseconds and their
 * parts.
 */
export const CLOCK =
  '(extract(epoch FROM clock_timestamp()) * 1000 + (SELECT offset_ms FROM millrace.store_clock))';
/** What stands in the row. */
const CLOCK_OFFSET = '(SELECT offset_ms FROM millrace.store_clock)';
export const CLOCK_MS = `floor(${CLOCK})::bigint`;
/** For a node that begins to watch the clock. */
export const NOW = `SELECT ${CLOCK_MS} AS "storeMs", ${CLOCK_OFFSET} AS "offsetMs"`;

/** Store time as the database says it. */
export interface SaidTime {
  readonly nowMs: number;
  /** The offset that was added to the database's clock. */
  readonly clockOffsetMs: number;
}

interface Head extends SaidTime {
  /** False when another group under way counts in the slot. */
  readonly holdsSlot: boolean;
}

type Versioned = (QueueColumns | { readonly id: null }) & { readonly version: string };

export interface Beginning {
  /** Undefined where the group has not asked. */
  readonly clockOffsetMs?: number;
  readonly nowMs: number;
  readonly queues: readonly KnownQueue[];
}

/**
 * What each group begins with: the time, the slot to count in, the queues that its commands name,
 * and the dead-letter queues that can be reached from them: decisions need both, and a chain is short.
 */
export async function readBeginning(
  pipeline: Pipeline,
  commands: readonly Command[],
  counterRows: CounterRows,
): Promise<Beginning> {
  const names = new Map<string, readonly [string, string]>();
  const add = (project: string, name: string) => names.set(`${project}\n${name}`, [project, name]);
  for (const command of commands) {
    if ('queue' in command) add(command.project, command.queue);
    if ('settings' in command && command.settings.deadLetterQueue) {
      add(command.project, command.settings.deadLetterQueue);
    }
  }
  lockSettings(pipeline, commands);
  const rows =
    names.size === 0
      ? await pipeline.query<Head & Versioned>(HEAD, [counterRows.slot])
      : await pipeline.query<Head & Versioned>(BEGINNING, [
          [...names.values()].map(([project]) => project),
          [...names.values()].map(([, name]) => name),
          counterRows.slot,
        ]);
  const { nowMs, clockOffsetMs, holdsSlot } = rows[0] as Head;
  if (!holdsSlot) await counterRows.takeFreeSlot(pipeline);
  const queues = rows.flatMap((row) => {
    const { nowMs: _, clockOffsetMs: __, holdsSlot: ___, version, ...queue } = row;
    return queue.id === null ? [] : { queue: queueEntryOf(queue), version };
  });
  return { nowMs, clockOffsetMs, queues };
}

/**
 * For a group that assumes what it would read: fails it where a queue has changed, where the slot is
 * taken, or where the time is not between what the group believes and the next end of a lease or
 * delay; null: anything is.
 *
 * @returns store time
 */
export async function checkBeginning(
  pipeline: Pipeline,
  queues: readonly KnownQueue[],
  slot: number,
  { fromMs, untilMs }: { readonly fromMs: number | null; readonly untilMs: number | null },
): Promise<SaidTime> {
  const [head] = await pipeline.query<SaidTime>(CHECK, [
    slot,
    fromMs,
    untilMs,
    queues.map(({ queue }) => queue.id),
    queues.map(({ version }) => version),
  ]);
  return head as SaidTime;
}

const headOf = (slot: string, more = ''): string => `
  SELECT floor(c.now)::bigint AS "nowMs", ${CLOCK_OFFSET} AS "clockOffsetMs",
      ${holdSlot(slot)} AS "holdsSlot"${more}
    FROM (SELECT ${CLOCK} AS now OFFSET 0) AS c`;

const NAMED = `SELECT q.* FROM unnest($1::text[], $2::text[]) AS n(project, name)
  CROSS JOIN ${rowOf('queues', 'n', ['project', 'name'])} AS q`;

const chainFrom = (roots: string): string => `chain AS (
  ${roots}
  UNION
  SELECT q.* FROM chain c CROSS JOIN ${deadLetterQueueOf('c')} AS q
)`;

const CHAIN = `chain q LEFT JOIN ${deadLetterQueueOf('q')} AS d ON true`;

const HEAD = headOf('$1', ', NULL AS id');

/** One statement for all, because this is what each group waits for before it can do anything. */
const BEGINNING = `WITH RECURSIVE head AS MATERIALIZED (${headOf('$3')}), ${chainFrom(NAMED)}
  SELECT head.*, ${QUEUE_COLUMNS},
      (SELECT v.xmin::text FROM millrace.queues v WHERE v.id = q.id) AS version
    FROM head LEFT JOIN (${CHAIN}) ON true`;

/** A row's version is the transaction that wrote it: each change of a queue makes another. */
const CHECK = `
  SELECT now_ms AS "nowMs", ${CLOCK_OFFSET} AS "clockOffsetMs" FROM (SELECT ${CLOCK_MS} AS now_ms OFFSET 0) AS t
   WHERE millrace.expect(${holdSlot('$1')} AND coalesce(now_ms >= $2::bigint, true)
     AND coalesce(now_ms < $3::bigint, true) AND NOT EXISTS (
       SELECT 1 FROM unnest($4::bigint[], $5::text[]) AS a(id, version)
         LEFT JOIN ${rowOf('queues', 'a', ['id'], 't.xmin::text AS version')} AS q ON true
        WHERE q.version IS DISTINCT FROM a.version))`;

function readQueuesByBucket(
  pipeline: Pipeline,
  bucketIds: readonly number[],
): Promise<QueueEntry[]> {
  return readChains(
    pipeline,
    'SELECT q.* FROM millrace.queues q WHERE q.bucket_id = ANY ($1::bigint[])',
    [bucketIds],
  );
}

async function readChains(
  pipeline: Pipeline,
  roots: string,
  values: readonly Parameter[],
): Promise<QueueEntry[]> {
  const rows = await pipeline.query<QueueColumns>(
    `WITH RECURSIVE ${chainFrom(roots)} SELECT ${QUEUE_COLUMNS} FROM ${CHAIN}`,
    values,
  );
  return rows.map(queueEntryOf);
}

/** What `ReachableFrom` asks of this queue, read beforehand; null: nothing will be asked. */
export async function readReachable(
  tx: GroupTransaction,
  project: string,
  name: string | null | undefined,
): Promise<ReachableFrom> {
  // One that another node has made since the group began is none that the group knows.
  if (name == null || tx.queue(project, name) === undefined) return () => undefined;
  const rows = await tx.pipeline.query<{ name: string }>(
    `WITH RECURSIVE reached AS (
       SELECT id FROM millrace.queues WHERE project = $1 AND name = $2
       UNION
       SELECT next.id FROM reached r JOIN (
         SELECT id AS source, dead_letter_queue_id AS id FROM millrace.queues
         UNION ALL
         SELECT queue_id, dead_letter_queue_id FROM millrace.push_subscriptions) AS next
         ON next.source = r.id AND next.id IS NOT NULL
     )
     SELECT q.name FROM reached r JOIN millrace.queues q ON q.id = r.id`,
    [project, name],
  );
  const names = new Set(rows.map((row) => row.name));
  return () => (names.size === 0 ? undefined : names);
}

/** Inserts a queue; a node that made it first makes the group run again. */
export async function insertQueue(
  tx: GroupTransaction,
  project: string,
  name: string,
  settings: KeptSettings = DEFAULT_SETTINGS,
  deadLetterQueueId: number | null = null,
): Promise<QueueEntry> {
  await tx.pipeline.query(
    `INSERT INTO millrace.queues (project, name, type, dead_letter_queue_id, max_retries,
       max_expired_leases, follows_max_retries, message_retention_days,
       visibility_timeout_default_ms, enable_priority, created_at_ms, updated_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
    [
      project,
      name,
      settings.type,
      deadLetterQueueId,
      settings.maxRetries,
      settings.maxExpiredLeases,
      settings.followsMaxRetries,
      settings.messageRetentionDays,
      settings.visibilityTimeoutDefaultMs,
      settings.enablePriority,
      tx.nowMs,
    ],
  );
  const [row] = await tx.pipeline.query<QueueColumns>(
    `SELECT ${QUEUE_COLUMNS} FROM ${QUEUE_FROM} WHERE q.project = $1 AND q.name = $2`,
    [project, name],
  );
  const queue = queueEntryOf(row as QueueColumns);
  tx.addQueue(queue);
  tx.usage.countThings(project, 'queues', 1);
  return queue;
}

/** Reads the queues that are known anew, after one of them has changed. */
export async function reloadQueues(tx: GroupTransaction): Promise<void> {
  const ids = tx.queueIds();
  tx.forgetQueues();
  const queues = await readChains(
    tx.pipeline,
    'SELECT q.* FROM millrace.queues q WHERE q.id = ANY ($1::bigint[])',
    [ids],
  );
  for (const queue of queues) tx.addQueue(queue);
}

/** A queue that no command of the group names, with the dead-letter queues behind it. */
export async function loadQueueById(
  tx: GroupTransaction,
  id: number,
): Promise<QueueEntry | undefined> {
  const queues = await readChains(
    tx.pipeline,
    'SELECT q.* FROM millrace.queues q WHERE q.id = $1',
    [id],
  );
  for (const queue of queues) tx.addQueue(queue);
  return tx.queueById(id);
}

/** What the push subscriptions that hold these messages say of failures. */
export const loadPolicies = (
  tx: GroupTransaction,
  messages: readonly MessageRow[],
): Promise<void> =>
  loadPoliciesOf(
    tx,
    messages.map(({ leasedBy }) => leasedBy),
  );

/** The push subscriptions that these commands consume for. */
export const loadHolders = (tx: GroupTransaction, commands: readonly Command[]): Promise<void> =>
  loadPoliciesOf(
    tx,
    commands.map((command) => ('keyId' in command ? (command.keyId ?? null) : null)),
  );

async function loadPoliciesOf(
  tx: GroupTransaction,
  holders: readonly (string | null)[],
): Promise<void> {
  const ids = new Set(holders.flatMap((holder) => subscriptionOfHolder(holder) ?? []));
  if (ids.size === 0) return;
  for (const { subscriptionId, ...policy } of await pushPolicies(tx.pipeline, [...ids])) {
    const { deadLetterQueueId: id } = policy;
    if (id !== null && tx.queueById(id) === undefined) await loadQueueById(tx, id);
    tx.addPolicy(subscriptionId, policy);
  }
}

/** The queues, among those not known yet, whose messages lie in these buckets. */
export async function loadQueuesByBucket(
  tx: GroupTransaction,
  bucketIds: readonly number[],
): Promise<void> {
  const unknown = new Set(bucketIds.filter((id) => tx.queueByBucket(id) === undefined));
  if (unknown.size === 0) return;
  for (const queue of await readQueuesByBucket(tx.pipeline, [...unknown])) tx.addQueue(queue);
}
