import { randomInt } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { UsageChanges } from '../../../core/limits/project-usage.js';
import type { Pipeline } from '../driver/pipeline.js';

export interface CounterDelta {
  available: number;
  leased: number;
  delayed: number;
  bytes: number;
}

/**
 * How many rows a bucket's counters are spread over; if more commit groups than this run at once, some
 * wait for each other.
 */
const SLOTS = 64;
/**
 * Separates these advisory locks from others; millrace's locks with a single key are in another space.
 */
const SLOT_LOCKS = 0x6d696c6c;
/** Bounds the memory; a row whose tid was forgotten is found by its key. */
const KNOWN_TIDS_MAX = 20_000;

/**
 * The counter rows of one connection, one for each bucket and one for each project. It remembers the
 * tids of their newest versions. An old snapshot keeps every version of a row that changes with each
 * commit group, and a lookup of the newest by its key walks past all of them. A lookup by tid costs the
 * same after a million changes as after one. If a tid is out of date, it finds nothing and the key is
 * used.
 */
export class CounterRows {
  private static readonly ofConnections = new WeakMap<ClientBase, CounterRows>();

  /** Each connection has counter rows of its own. */
  static of(client: ClientBase): CounterRows {
    let rows = CounterRows.ofConnections.get(client);
    if (rows === undefined) {
      rows = new CounterRows();
      CounterRows.ofConnections.set(client, rows);
    }
    return rows;
  }

  private readonly tids = new Map<number, string>();
  private readonly projectTids = new Map<string, string>();
  private current = randomInt(SLOTS);

  get slot(): number {
    return this.current;
  }

  /**
   * Moves to a slot that no commit group under way uses, and keeps it. If all slots are taken, the
   * connection stays in its slot, and its commit group waits for another one to commit.
   */
  async takeFreeSlot(pipeline: Pipeline): Promise<void> {
    const [free] = await pipeline.query<{ slot: number }>(FREE_SLOT, [this.current]);
    if (free === undefined) return;
    this.current = free.slot;
    this.tids.clear();
    this.projectTids.clear();
  }

  /**
   * Adds the deltas in the same order on every node, buckets first and then projects, so that no two
   * deadlock. One statement adds them all, because a statement itself costs as much as its counting.
   */
  add(
    pipeline: Pipeline,
    deltas: readonly (readonly [bucketId: number, CounterDelta])[],
    changes: UsageChanges,
  ): void {
    if (deltas.length + changes.length === 0) return;
    const ofBuckets = [
      this.slot,
      deltas.map(([bucketId]) => bucketId),
      deltas.map(([bucketId]) => this.tids.get(bucketId) ?? null),
      deltas.map(([, { available }]) => available),
      deltas.map(([, { leased }]) => leased),
      deltas.map(([, { delayed }]) => delayed),
      deltas.map(([, { bytes }]) => bytes),
    ];
    const ofProjects = () => [
      changes.map(([project]) => project),
      changes.map(([project]) => this.projectTids.get(project) ?? null),
      changes.map(([, { messages }]) => messages),
      changes.map(([, { bytes }]) => bytes),
      changes.map(([, { queues }]) => queues),
      changes.map(([, { subscriptions }]) => subscriptions),
      changes.map(([, { keys }]) => keys),
    ];
    const answer =
      changes.length === 0
        ? pipeline.query<SeqRow>(ADD, ofBuckets)
        : pipeline.query<SeqRow>(ADD_WITH_PROJECTS, [...ofBuckets, ...ofProjects()]);
    // A failure shows where the whole pipeline is awaited.
    answer.then(
      (rows) => this.remember(rows),
      () => undefined,
    );
  }

  private remember(rows: readonly SeqRow[]): void {
    const { tids, projectTids } = this;
    if (tids.size + projectTids.size + rows.length > KNOWN_TIDS_MAX) {
      tids.clear();
      projectTids.clear();
    }
    for (const { bucketId, project, tid } of rows) {
      if (project === null) tids.set(bucketId, tid);
      else projectTids.set(project, tid);
    }
  }
}

interface SeqRow {
  readonly bucketId: number;
  /** Null: it is the tid of the bucket's row. */
  readonly project: string | null;
  readonly tid: string;
}

/** Locks a slot until the transaction ends, if it is free; the slot is the statement's parameter. */
export const holdSlot = (parameter: string): string =>
  `pg_try_advisory_xact_lock(${SLOT_LOCKS}, ${parameter}::int)`;

/** Tries the slots one after the other, up to the first that is free. */
const FREE_SLOT = `
  SELECT slot FROM (
    SELECT ($1::int + i) % ${SLOTS} AS slot FROM generate_series(1, ${SLOTS - 1}) AS i OFFSET 0
  ) AS slots WHERE ${holdSlot('slot')} LIMIT 1`;

const ADD = `
  SELECT u.bucket_id AS "bucketId", NULL::text AS project,
      millrace.count_messages(u.bucket_id, $1::smallint, u.tid, u.available, u.leased, u.delayed,
        u.bytes)::text AS tid
    FROM unnest($2::bigint[], $3::tid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
      AS u(bucket_id, tid, available, leased, delayed, bytes)`;

const ADD_WITH_PROJECTS = `${ADD}
  UNION ALL
  SELECT 0, p.project,
      millrace.count_project(p.project, $1::smallint, p.tid, p.messages, p.bytes, p.queues,
        p.subscriptions, p.keys)::text
    FROM unnest($8::text[], $9::tid[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
        $14::bigint[]) AS p(project, tid, messages, bytes, queues, subscriptions, keys)`;
