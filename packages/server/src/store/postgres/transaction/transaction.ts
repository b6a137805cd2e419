import { type UsageChanges, UsageLedger } from '../../../core/limits/project-usage.js';
import type { Room, StorageLimits } from '../../../core/limits/storage-limits.js';
import { CommitGroupCounts } from '../../../core/queue/commit-group-counts.js';
import { STATE } from '../../../core/queue/message-state.js';
import type { PushPolicy } from '../../../core/queue/push-subscription.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import type {
  CountedState,
  MessageChange,
  MessageEntry,
  MessageTransaction,
} from '../../../core/queue/transaction.js';
import { columnName } from '../../../core/store/columns.js';
import { tidsOf } from '../driver/index-joins.js';
import { jsonOf } from '../driver/parameters.js';
import type { Pipeline } from '../driver/pipeline.js';
import type { MessageRow } from '../reads/rows.js';
import type { CounterDelta, CounterRows } from '../tuning/counter-rows.js';
import { MessageGroups } from './message-groups.js';
import { drawSeqs, ProvisionalSeqs } from './message-seqs.js';

interface Loaded {
  readonly entry: MessageRow;
  /** The row's bucket in the database until the next flush. */
  bucketId: number;
  change: MessageChange;
  removed: boolean;
  /** The message joins the tail of a queue, with a provisional seq. */
  arrives: boolean;
}

/**
 * The state that the commands of one commit group share while their transaction is open. Decisions work
 * in memory on queues and messages that were loaded before; their changes are gathered and sent as a few
 * statements over sets of rows.
 */
export class PostgresTransaction extends CommitGroupCounts implements MessageTransaction {
  private readonly queuesByKey = new Map<string, QueueEntry>();
  private readonly queuesById = new Map<number, QueueEntry>();
  private readonly queuesByBucket = new Map<number, QueueEntry>();
  readonly messageGroups: MessageGroups;
  readonly usage = new UsageLedger();
  readonly room: Room;
  private readonly provisional = new ProvisionalSeqs();
  private readonly policies = new Map<string, PushPolicy>();
  private readonly messages = new Map<string, Loaded>();
  private readonly touched = new Set<Loaded>();
  private readonly deltas = new Map<number, CounterDelta>();
  /** The earliest end of a lease or delay that began in this transaction. */
  earliestDueMs: number | null = null;

  constructor(
    readonly pipeline: Pipeline,
    private timeMs: number,
    /** The time read from the database, pending while `timeMs` is only the node's assumption. */
    private heard: Promise<number> | undefined,
    private readonly counterRows: CounterRows,
    readonly leasesKeptUntilMs: number,
    limits: StorageLimits,
  ) {
    super();
    // Its failure surfaces where the whole pipeline is awaited.
    heard?.catch(() => undefined);
    // Watching the disk is the database's task.
    this.room = { limits, disk: 'enough', usageOf: (project) => this.usage.of(project) };
    this.messageGroups = new MessageGroups(pipeline, (queue) => this.markReady(queue, 1));
  }

  /** The commit group's time. It changes only where a command calls `hearTime`. */
  get nowMs(): number {
    return this.timeMs;
  }

  /** Whether the commit group uses a time that it has not read from the database yet. */
  get isTimeAssumed(): boolean {
    return this.heard !== undefined;
  }

  /**
   * From here on the commit group uses the database's time. The transaction asks for it first, so
   * waiting for it takes no round trip once any later answer has been awaited.
   */
  async hearTime(): Promise<void> {
    if (this.heard === undefined) return;
    this.timeMs = await this.heard;
    this.heard = undefined;
  }

  /** A provisional seq: the database assigns the final one before the change is sent. */
  nextSeq(): number {
    return this.provisional.next();
  }

  addQueue(queue: QueueEntry): void {
    this.queuesByKey.set(`${queue.project}\n${queue.name}`, queue);
    this.queuesById.set(queue.id, queue);
    this.queuesByBucket.set(queue.bucketId, queue);
  }

  queue(project: string, name: string): QueueEntry | undefined {
    return this.queuesByKey.get(`${project}\n${name}`);
  }

  queueById(id: number): QueueEntry | undefined {
    return this.queuesById.get(id);
  }

  queueByBucket(bucketId: number): QueueEntry | undefined {
    return this.queuesByBucket.get(bucketId);
  }

  /** Adds rows that were read and locked. Messages already known are newer and are kept. */
  addMessages(rows: readonly MessageRow[]): MessageRow[] {
    return rows.map((row) => {
      const known = this.messages.get(row.messageId);
      if (known !== undefined && !known.removed) return known.entry;
      const loaded = {
        entry: row,
        bucketId: row.bucketId,
        change: {},
        removed: false,
        arrives: false,
      };
      this.messages.set(row.messageId, loaded);
      return row;
    });
  }

  /** Forgets the messages that were read, because later statements may have changed the rows. */
  forgetMessages(): void {
    this.messages.clear();
  }

  find(queue: QueueEntry, messageId: string): MessageRow | undefined {
    const loaded = this.messages.get(messageId);
    if (loaded === undefined || loaded.removed) return undefined;
    return loaded.entry.bucketId === queue.bucketId ? loaded.entry : undefined;
  }

  remove(message: MessageEntry): void {
    const loaded = this.messages.get(message.messageId) as Loaded;
    loaded.removed = true;
    this.touched.add(loaded);
  }

  change(message: MessageEntry, change: MessageChange): void {
    const loaded = this.messages.get(message.messageId) as Loaded;
    loaded.change = { ...loaded.change, ...change };
    loaded.arrives ||= change.seq !== undefined;
    Object.assign(loaded.entry, change);
    this.touched.add(loaded);
    if (typeof change.dueAtMs === 'number') this.noteDue(change.dueAtMs);
  }

  noteDue(dueAtMs: number): void {
    this.earliestDueMs = Math.min(this.earliestDueMs ?? dueAtMs, dueAtMs);
  }

  count(queue: QueueEntry, state: CountedState, messages: number, bytes: number): void {
    // A dead bucket contains only dead letters, and all of them are available to a redrive.
    const isDead = state === 'dead';
    const delta = this.deltaOf(isDead ? queue.deadBucketId : queue.bucketId);
    delta[isDead ? 'available' : state] += messages;
    delta.bytes += bytes;
    this.usage.count(queue.project, messages, bytes);
  }

  private deltaOf(bucketId: number): CounterDelta {
    let delta = this.deltas.get(bucketId);
    if (delta === undefined) {
      delta = { available: 0, leased: 0, delayed: 0, bytes: 0 };
      this.deltas.set(bucketId, delta);
    }
    return delta;
  }

  heldInMessageGroup({ bucketId }: QueueEntry, groupKey: string): MessageRow[] {
    const held: MessageRow[] = [];
    for (const { entry, removed } of this.messages.values()) {
      const isHeld = entry.state === STATE.leased || entry.state === STATE.delayed;
      if (removed || !isHeld || entry.groupKey !== groupKey) continue;
      if (entry.bucketId === bucketId) held.push(entry);
    }
    return held.sort((a, b) => a.seq - b.seq);
  }

  pushPolicy(subscriptionId: string): PushPolicy | undefined {
    return this.policies.get(subscriptionId);
  }

  addPolicy(subscriptionId: string, policy: PushPolicy): void {
    this.policies.set(subscriptionId, policy);
  }

  touchMessageGroup(queue: QueueEntry, groupKey: string): void {
    this.messageGroups.touch(queue, groupKey);
  }

  /** Sends the removed and changed messages, and the new state of the message groups. */
  async flushMessages(): Promise<void> {
    await this.seqOfArrivals();
    const removed = [...this.touched].filter((loaded) => loaded.removed);
    if (removed.length > 0) {
      this.pipeline.send(REMOVE, [
        removed.map(({ bucketId }) => bucketId),
        removed.map(({ entry }) => entry.messageId),
      ]);
    }
    const changesByShape = new Map<string, Loaded[]>();
    for (const loaded of this.touched) {
      if (loaded.removed) continue;
      const shape = Object.keys(loaded.change).sort().join(' ');
      changesByShape.set(shape, [...(changesByShape.get(shape) ?? []), loaded]);
    }
    for (const [shape, changed] of changesByShape) this.sendChanges(shape.split(' '), changed);
    for (const loaded of this.touched) {
      loaded.bucketId = loaded.entry.bucketId;
      loaded.change = {};
    }
    this.touched.clear();
    this.messageGroups.flush();
  }

  /** Draws the seqs once the locks are held, so that messages that join a queue later get later seqs. */
  private async seqOfArrivals(): Promise<void> {
    const arriving = [...this.touched].filter(({ arrives, removed }) => arrives && !removed);
    if (arriving.length === 0) return;
    arriving.sort((a, b) => a.entry.seq - b.entry.seq);
    const alone = arriving.filter(({ entry }) => entry.groupKey === null);
    const grouped = arriving.filter(({ entry }) => entry.groupKey !== null);
    const arrivals = grouped.map(({ entry }) => ({
      queue: this.queueByBucket(entry.bucketId) as QueueEntry,
      groupKey: entry.groupKey as string,
    }));
    const [seqsAlone, seqsInMessageGroups] = await Promise.all([
      drawSeqs(this.pipeline, alone.length),
      this.messageGroups.arrive(arrivals),
    ]);
    const seqs = [...seqsAlone, ...seqsInMessageGroups];
    for (const [index, loaded] of [...alone, ...grouped].entries()) {
      const seq = seqs[index] as number;
      loaded.change = { ...loaded.change, seq };
      Object.assign(loaded.entry, { seq });
      loaded.arrives = false;
    }
  }

  private sendChanges(fields: readonly string[], changed: readonly Loaded[]): void {
    const columns = fields.map((field) => [field, columnName(field)] as const);
    const types = columns.map(([field]) => `"${field}" ${columnType(field)}`);
    const changes = `(SELECT * FROM json_to_recordset($1::json)
      AS c(bucket_id bigint, message_id uuid, ${types.join(', ')}))`;
    this.pipeline.send(
      `UPDATE millrace.messages m
          SET ${columns.map(([field, column]) => `${column} = u."${field}"`).join(', ')}
         FROM ${tidsOf(changes)} AS u WHERE m.ctid = u.tid`,
      [
        jsonOf(
          changed.map(({ bucketId, entry, change }) => ({
            ...change,
            bucket_id: bucketId,
            message_id: entry.messageId,
          })),
        ),
      ],
    );
  }

  /**
   * Sends one change per counter row, in the same order on every node, so that no two commit groups wait
   * for each other.
   *
   * @param usage of projects: only at the end, because others that count in the same rows wait for it
   */
  flushCounters(usage: UsageChanges = []): void {
    const rows = [...this.deltas]
      .filter(([, delta]) => Object.values(delta).some((change) => change !== 0))
      .sort(([a], [b]) => a - b);
    this.counterRows.add(this.pipeline, rows, usage);
    this.deltas.clear();
    this.flushDeadCounters();
  }

  private flushDeadCounters(): void {
    const rows = this.takeDeadCounts();
    if (rows.length === 0) return;
    this.pipeline.send(
      `INSERT INTO millrace.dead_counters AS c (source_queue_id, bucket_id, slot, dead)
       SELECT u.q, u.b, $4::smallint, u.n
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(q, b, n)
       ON CONFLICT (source_queue_id, bucket_id, slot) DO UPDATE SET dead = c.dead + excluded.dead`,
      [
        rows.map(({ sourceQueueId }) => sourceQueueId),
        rows.map(({ bucketId }) => bucketId),
        rows.map(({ change }) => change),
        this.counterRows.slot,
      ],
    );
  }

  queueIds(): number[] {
    return [...this.queuesById.keys()];
  }

  /** Called after a queue has changed, because the known queues may be out of date. */
  forgetQueues(): void {
    this.queuesByKey.clear();
    this.queuesById.clear();
    this.queuesByBucket.clear();
  }
}

const REMOVED = '(SELECT * FROM unnest($1::bigint[], $2::uuid[]) AS u(bucket_id, message_id))';
const REMOVE = `DELETE FROM millrace.messages m USING ${tidsOf(REMOVED)} AS u WHERE m.ctid = u.tid`;

const TEXT_FIELDS = [
  'receipt',
  'groupKey',
  'sourceQueue',
  'deadLetterReason',
  'earlierSources',
  'lastError',
  'failureLog',
];
const columnType = (field: string): string => (TEXT_FIELDS.includes(field) ? 'text' : 'bigint');
