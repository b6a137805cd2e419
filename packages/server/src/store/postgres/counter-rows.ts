import { randomInt } from 'node:crypto';
import type { UsageChange } from '../../core/project-usage.js';
import type { Pipeline } from './pipeline.js';

export interface CounterDelta {
  available: number;
  leased: number;
  delayed: number;
  bytes: number;
}

/** Rows that a bucket's counters are spread over; more groups than that at once wait for each other. */
const SLOTS = 64;
/** Tells these advisory locks from others: those of millrace that have one key are another space. */
const SLOT_LOCKS = 0x6d696c6c;
/** A bound for memory's sake; what is forgotten is found by its key again. */
const KNOWN_PLACES_MAX = 20_000;

/**
 * The rows that one connection counts in, a row for each bucket and for each project. It remembers where their newest
 * versions lie. Somebody's old snapshot keeps every version of a row that changes with each group,
 * and to find the newest by its key means to walk past all of them: by its place it costs the same
 * after a million changes as after one. A place that is out of date finds nothing, and the key does.
 */
export class CounterRows {
  private readonly places = new Map<number, string>();
  private readonly projectPlaces = new Map<string, string>();
  private current = randomInt(SLOTS);

  get slot(): number {
    return this.current;
  }

  /**
   * Moves to a slot that no group under way counts in, and keeps it. When all are taken it stays,
   * and its group waits for the commit of another one.
   */
  async takeFreeSlot(pipeline: Pipeline): Promise<void> {
    const [free] = await pipeline.query<{ slot: number }>(FREE_SLOT, [this.current]);
    if (free === undefined) return;
    this.current = free.slot;
    this.places.clear();
    this.projectPlaces.clear();
  }

  /** Adds the deltas, in the order of the buckets on every node, so that no two wait for each other. */
  add(pipeline: Pipeline, deltas: readonly (readonly [bucketId: number, CounterDelta])[]): void {
    if (deltas.length === 0) return;
    const answer = pipeline.query<{ bucketId: number; place: string }>(ADD, [
      deltas.map(([bucketId]) => bucketId),
      deltas.map(([bucketId]) => this.places.get(bucketId) ?? null),
      deltas.map(([, { available }]) => available),
      deltas.map(([, { leased }]) => leased),
      deltas.map(([, { delayed }]) => delayed),
      deltas.map(([, { bytes }]) => bytes),
      this.slot,
    ]);
    // A failure shows where the whole pipeline is waited for.
    answer.then(
      (rows) =>
        remember(
          this.places,
          rows.map(({ bucketId, place }) => [bucketId, place]),
        ),
      () => undefined,
    );
  }

  /** The same for projects: behind the buckets, once per group. */
  addToProjects(
    pipeline: Pipeline,
    changes: readonly (readonly [project: string, UsageChange])[],
  ): void {
    if (changes.length === 0) return;
    const answer = pipeline.query<{ project: string; place: string }>(ADD_TO_PROJECTS, [
      changes.map(([project]) => project),
      changes.map(([project]) => this.projectPlaces.get(project) ?? null),
      changes.map(([, { messages }]) => messages),
      changes.map(([, { bytes }]) => bytes),
      changes.map(([, { queues }]) => queues),
      changes.map(([, { subscriptions }]) => subscriptions),
      changes.map(([, { keys }]) => keys),
      this.slot,
    ]);
    answer.then(
      (rows) =>
        remember(
          this.projectPlaces,
          rows.map(({ project, place }) => [project, place]),
        ),
      () => undefined,
    );
  }
}

function remember<K>(known: Map<K, string>, places: readonly (readonly [K, string])[]): void {
  if (known.size + places.length > KNOWN_PLACES_MAX) known.clear();
  for (const [key, place] of places) known.set(key, place);
}

/** Whether the slot is this transaction's until it ends; the slot is the statement's parameter. */
export const holdSlot = (parameter: string): string =>
  `pg_try_advisory_xact_lock(${SLOT_LOCKS}, ${parameter}::int)`;

/** Tries one after the other, and ends with the first that is free. */
const FREE_SLOT = `
  SELECT slot FROM (
    SELECT ($1::int + i) % ${SLOTS} AS slot FROM generate_series(1, ${SLOTS - 1}) AS i OFFSET 0
  ) AS slots WHERE ${holdSlot('slot')} LIMIT 1`;

const ADD = `
  SELECT u.bucket_id AS "bucketId", millrace.count_messages(u.bucket_id, $7::smallint, u.place,
      u.available, u.leased, u.delayed, u.bytes)::text AS place
    FROM unnest($1::bigint[], $2::tid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
      AS u(bucket_id, place, available, leased, delayed, bytes)`;

const ADD_TO_PROJECTS = `
  SELECT u.project, millrace.count_project(u.project, $8::smallint, u.place, u.messages, u.bytes,
      u.queues, u.subscriptions, u.keys)::text AS place
    FROM unnest($1::text[], $2::tid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[]) AS u(project, place, messages, bytes, queues, subscriptions, keys)`;
