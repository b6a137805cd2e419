import type { Statement } from 'better-sqlite3';
import { rowIdOf } from '../../../core/ids.js';
import type { Room, Usage } from '../../../core/limits/storage-limits.js';
import { CommitGroupCounts } from '../../../core/queue/commit-group-counts.js';
import type { PushPolicy } from '../../../core/queue/push-subscription.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { DEFAULT_SETTINGS } from '../../../core/queue/queue-settings.js';
import type {
  CountedState,
  MessageChange,
  MessageEntry,
  MessageTransaction,
} from '../../../core/queue/transaction.js';
import type { Sequence } from '../../../core/sequence.js';
import { columnName } from '../../../core/store/columns.js';
import { RowBatch, textsOf } from '../driver/row-batch.js';
import {
  MESSAGE_COLUMNS,
  type MessageRow,
  messageRow,
  QUEUE_COLUMNS,
  QUEUE_FROM,
  queueEntry,
} from '../driver/rows.js';
import type { Statements, Values } from '../driver/statements.js';
import { MessageGroups } from './message-groups.js';
import { MessageInserts } from './message-inserts.js';
import { ProjectCounters } from './project-counters.js';

/** Limits the memory that the cache takes; queues that are dropped from it are read again. */
const CACHED_QUEUES_MAX = 20_000;

const FIND = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE id = ? AND message_id = ? AND bucket_id = ?`;

const REMOVE_BODIES = textsOf(
  (rows) => `DELETE FROM bodies WHERE id IN (${Array(rows).fill('?').join(', ')})`,
);

interface CounterDelta {
  available: number;
  leased: number;
  delayed: number;
  bytes: number;
  dead: number;
  deadBytes: number;
}

/** Queues by name, by bucket and by id. The cache must be cleared when a transaction rolls back. */
export class QueueCache {
  private readonly byKey = new Map<string, QueueEntry>();

  find(key: string, load: () => QueueEntry | undefined): QueueEntry | undefined {
    let entry = this.byKey.get(key);
    if (entry === undefined) {
      entry = load();
      if (entry === undefined) return undefined;
      if (this.byKey.size >= CACHED_QUEUES_MAX) this.byKey.clear();
      this.byKey.set(key, entry);
    }
    return entry;
  }

  clear(): void {
    this.byKey.clear();
  }
}

/**
 * The state that the commands of one commit group share while their transaction is open: the time, the
 * queues, the changes of the counters (written once, at the end) and the queues that have new messages.
 */
export class SqliteTransaction extends CommitGroupCounts implements MessageTransaction {
  /** Whether any lease or delay began, ended or changed. */
  dueChanged = false;
  /** Whether leases may have run out that were not settled, because there are so many. */
  hasMoreLeasesDue = false;
  private readonly deltas = new Map<number, CounterDelta>();
  readonly usage: ProjectCounters;
  readonly room: Room;
  readonly messageGroups: MessageGroups;
  readonly inserts = new MessageInserts((text) => this.sql(text));
  /** Bodies are read only through their messages, so they may be removed a little later. */
  private readonly removedBodies = new RowBatch((text) => this.sql(text), REMOVE_BODIES);

  constructor(
    readonly statements: Statements,
    private readonly queues: QueueCache,
    private readonly sequence: Sequence,
    readonly nowMs: number,
    readonly leasesKeptUntilMs: number,
    { limits, disk }: Pick<Room, 'limits' | 'disk'>,
  ) {
    super();
    const usage = new ProjectCounters(statements);
    this.usage = usage;
    this.room = { limits, disk, usageOf: (project) => usage.of(project) };
    this.messageGroups = new MessageGroups(statements, (queue) => this.markReady(queue, 1));
  }

  /** The next seq at the tail, for any queue. */
  nextSeq(): number {
    return this.sequence.next(this.nowMs);
  }

  sql(text: string): Statement {
    return this.statements.get(text);
  }

  /** A statement whose rows are returned as values, see `Statements.rows`. */
  rows(text: string): Statement<unknown[], Values> {
    return this.statements.rows(text);
  }

  queue(project: string, name: string): QueueEntry | undefined {
    return this.queues.find(`${project}\n${name}`, () =>
      this.loadQueue('q.project = ? AND q.name = ?', project, name),
    );
  }

  queueById(id: number): QueueEntry | undefined {
    return this.queues.find(`#${id}`, () => this.loadQueue('q.id = ?', id));
  }

  /** The queue whose messages have this bucket; undefined if the queue was purged or deleted. */
  queueByBucket(bucketId: number): QueueEntry | undefined {
    return this.queues.find(`@${bucketId}`, () => this.loadQueue('q.bucket_id = ?', bucketId));
  }

  private loadQueue(where: string, ...parameters: unknown[]): QueueEntry | undefined {
    const row = this.sql(`SELECT ${QUEUE_COLUMNS} FROM ${QUEUE_FROM} WHERE ${where}`).get(
      ...parameters,
    );
    return row === undefined ? undefined : queueEntry(row);
  }

  insertQueue(
    project: string,
    name: string,
    settings = DEFAULT_SETTINGS,
    deadLetterQueueId: number | null = null,
  ): QueueEntry {
    const id = this.sql(
      `INSERT INTO queues (project, name, bucket_id, dead_bucket_id, type, dead_letter_queue_id,
         max_retries, max_expired_leases, follows_max_retries, message_retention_days,
         visibility_timeout_default_ms, enable_priority, created_at_ms, updated_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      project,
      name,
      this.newBucket(),
      this.newBucket(),
      settings.type,
      deadLetterQueueId,
      settings.maxRetries,
      settings.maxExpiredLeases,
      settings.followsMaxRetries ? 1 : 0,
      settings.messageRetentionDays,
      settings.visibilityTimeoutDefaultMs,
      settings.enablePriority ? 1 : 0,
      this.nowMs,
      this.nowMs,
    ).lastInsertRowid as number;
    this.sql('INSERT INTO queue_counters (queue_id) VALUES (?)').run(id);
    this.usage.countThings(project, 'queues', 1);
    return this.queueById(id) as QueueEntry;
  }

  find(queue: QueueEntry, messageId: string): MessageRow | undefined {
    const id = rowIdOf(messageId);
    if (id === undefined) return undefined;
    const values = this.rows(FIND).get(id, messageId, queue.bucketId);
    return values === undefined ? undefined : messageRow(values);
  }

  remove(message: MessageEntry): void {
    const { id } = message as MessageRow;
    this.sql('DELETE FROM messages WHERE id = ?').run(id);
    this.removedBodies.add([id]);
  }

  change(message: MessageEntry, change: MessageChange): void {
    const names = Object.keys(change).map((name) => `${columnName(name)} = ?`);
    this.sql(`UPDATE messages SET ${names.join(', ')} WHERE id = ?`).run(
      ...Object.values(change),
      (message as MessageRow).id,
    );
    if ('dueAtMs' in change) this.dueChanged = true;
  }

  count(queue: QueueEntry, state: CountedState, messages: number, bytes: number): void {
    const delta = this.deltaOf(queue.id);
    delta[state] += messages;
    delta[state === 'dead' ? 'deadBytes' : 'bytes'] += bytes;
    this.usage.count(queue.project, messages, bytes);
    if (state === 'leased' || state === 'delayed') this.dueChanged = true;
  }

  /** See `ReachableFrom`. */
  reachableFrom(project: string, name: string): ReadonlySet<string> | undefined {
    const queue = this.queue(project, name);
    if (queue === undefined) return undefined;
    const names = this.sql(
      `WITH RECURSIVE reached (id) AS (
         SELECT ?
         UNION
         SELECT next.id FROM reached r JOIN (
           SELECT id AS source, dead_letter_queue_id AS id FROM queues
           UNION ALL SELECT queue_id, dead_letter_queue_id FROM push_subscriptions) AS next
           ON next.source = r.id AND next.id IS NOT NULL
       )
       SELECT q.name FROM reached r JOIN queues q ON q.id = r.id`,
    )
      .pluck()
      .all(queue.id) as string[];
    return new Set(names);
  }

  heldInMessageGroup(queue: QueueEntry, groupKey: string): MessageEntry[] {
    return this.messageGroups.held(queue, groupKey);
  }

  touchMessageGroup(queue: QueueEntry, groupKey: string): void {
    this.messageGroups.touch(queue, groupKey);
  }

  pushPolicy(subscriptionId: string): PushPolicy | undefined {
    return this.sql(
      `SELECT queue_id AS queueId, state, max_retries AS maxRetries,
         dead_letter_queue_id AS deadLetterQueueId
         FROM push_subscriptions WHERE subscription_id = ?`,
    ).get(subscriptionId) as PushPolicy | undefined;
  }

  /**
   * The usage of the queue without its dead letters, including what the commit group has done so far.
   */
  usageOfQueue(queue: QueueEntry): Usage {
    this.writeCounters();
    return this.sql(
      'SELECT available + leased + delayed AS messages, bytes FROM queue_counters WHERE queue_id = ?',
    ).get(queue.id) as Usage;
  }

  private deltaOf(queueId: number): CounterDelta {
    let delta = this.deltas.get(queueId);
    if (delta === undefined) {
      delta = { available: 0, leased: 0, delayed: 0, bytes: 0, dead: 0, deadBytes: 0 };
      this.deltas.set(queueId, delta);
    }
    return delta;
  }

  /** Writes the changes that the commit group left to its end. */
  flush(): void {
    this.inserts.flush();
    this.removedBodies.flush();
    this.messageGroups.flush();
    this.writeCounters();
    this.usage.flush();
  }

  writeCounters(): void {
    const update = this.sql(
      `UPDATE queue_counters SET available = available + ?, leased = leased + ?,
         delayed = delayed + ?, bytes = bytes + ?, dead = dead + ?, dead_bytes = dead_bytes + ?
        WHERE queue_id = ?`,
    );
    for (const [queueId, delta] of this.deltas) {
      const { available, leased, delayed, bytes, dead, deadBytes } = delta;
      if (available || leased || delayed || bytes || dead || deadBytes) {
        update.run(available, leased, delayed, bytes, dead, deadBytes, queueId);
      }
    }
    for (const { sourceQueueId, bucketId, change } of this.takeDeadCounts()) {
      // Dead letters of a deleted source are no longer counted.
      if (this.queueById(sourceQueueId) === undefined) continue;
      this.sql(
        `INSERT INTO dead_counters (source_queue_id, bucket_id, dead) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET dead = dead + excluded.dead`,
      ).run(sourceQueueId, bucketId, change);
    }
    this.deltas.clear();
  }

  /** Called after a queue has changed, because the cached queues may be out of date. */
  forgetQueues(): void {
    this.queues.clear();
  }

  /** The table only assigns ids, which are never reused, and keeps no rows. */
  newBucket(): number {
    const { lastInsertRowid } = this.sql('INSERT INTO buckets DEFAULT VALUES').run();
    this.sql('DELETE FROM buckets').run();
    return lastInsertRowid as number;
  }

  /** Discards the bucket of a queue; its messages are swept later and no longer count. */
  discardBucket(bucketId: number): void {
    this.sql('DELETE FROM dead_counters WHERE bucket_id = ?').run(bucketId);
    this.sql('INSERT INTO discarded_buckets (bucket_id, discarded_at_ms) VALUES (?, ?)').run(
      bucketId,
      this.nowMs,
    );
  }
}
