import type { QueueEntry } from '../../core/transaction.js';
import { rowOf } from './by-key.js';
import type { Pipeline } from './pipeline.js';

/** A message that joins the tail of a group. */
export interface Arrival {
  readonly queue: QueueEntry;
  readonly groupKey: string;
  /** The place that this node would give it; the group may need a later one. */
  seq: number;
}

export interface GroupRef {
  readonly bucketId: number;
  readonly groupKey: string;
}

/**
 * The FIFO groups that one transaction changes. Where a group goes on and whether it is blocked
 * follows from its messages; it is found out anew under the lock of the group's row.
 */
export class FifoGroups {
  private readonly touched = new Map<string, { queue: QueueEntry; groupKey: string }>();

  constructor(
    private readonly pipeline: Pipeline,
    /** A group has a message to give. */
    private readonly ready: (queue: QueueEntry) => void,
  ) {}

  touch(queue: QueueEntry, groupKey: string): void {
    this.touched.set(keyOf({ bucketId: queue.bucketId, groupKey }), { queue, groupKey });
  }

  /**
   * Locks the groups that arrivals join, makes those that are new, and moves the arrivals behind
   * whatever was committed into their groups before: two nodes give places on their own.
   */
  async arrive(arrivals: readonly Arrival[]): Promise<void> {
    const joined = new Map<string, Arrival[]>();
    for (const arrival of arrivals) {
      const key = keyOf({ bucketId: arrival.queue.bucketId, groupKey: arrival.groupKey });
      joined.set(key, [...(joined.get(key) ?? []), arrival]);
    }
    const groups = [...joined.values()];
    const firsts = groups.map((group) => group[0] as Arrival);
    const rows = await this.pipeline.query<GroupRef & { lastSeq: number; blocked: boolean }>(
      `INSERT INTO millrace.fifo_groups AS g (bucket_id, group_key, head_seq, last_seq)
       SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])
              AS a(bucket_id, group_key, first_seq, last_seq)
        ORDER BY a.bucket_id, a.group_key
       ON CONFLICT (bucket_id, group_key) DO UPDATE SET last_seq =
         CASE WHEN g.last_seq < excluded.head_seq THEN excluded.last_seq
              ELSE g.last_seq + 1 + excluded.last_seq - excluded.head_seq END
       RETURNING bucket_id AS "bucketId", group_key AS "groupKey", last_seq AS "lastSeq", blocked`,
      [
        firsts.map(({ queue }) => queue.bucketId),
        firsts.map(({ groupKey }) => groupKey),
        firsts.map(({ seq }) => seq),
        groups.map((group) => (group.at(-1) as Arrival).seq),
      ],
    );
    for (const row of rows) {
      const group = joined.get(keyOf(row)) as Arrival[];
      const shift = row.lastSeq - (group.at(-1) as Arrival).seq;
      for (const arrival of group) arrival.seq += shift;
      if (!row.blocked) this.ready((group[0] as Arrival).queue);
    }
  }

  /** Writes down what has become of the groups that were touched, behind all changes sent so far. */
  flush(): void {
    const touched = new Map(this.touched);
    this.touched.clear();
    if (touched.size === 0) return;
    const groups = [...touched.values()];
    const answer = this.pipeline.query<GroupRef>(REFRESH, [
      groups.map(({ queue }) => queue.bucketId),
      groups.map(({ groupKey }) => groupKey),
    ]);
    // A failure shows where the whole pipeline is waited for.
    answer.then(
      (free) => {
        for (const row of free) {
          const group = touched.get(keyOf(row));
          if (group !== undefined) this.ready(group.queue);
        }
      },
      () => undefined,
    );
  }
}

const keyOf = ({ bucketId, groupKey }: GroupRef): string => `${bucketId} ${groupKey}`;

/** The rows are locked, so that they stay where they lie. Places only grow, so that the first message never lies before where it lay. */
const REFRESH = `
  WITH n AS MATERIALIZED (
    SELECT g.bucket_id, g.group_key, g.place,
        (SELECT m.seq FROM millrace.messages m
          WHERE m.bucket_id = g.bucket_id AND m.group_key = g.group_key AND m.seq >= g.head_seq
          ORDER BY m.seq LIMIT 1) AS head_seq,
        EXISTS (SELECT 1 FROM millrace.messages m
          WHERE m.bucket_id = g.bucket_id AND m.group_key = g.group_key AND m.seq >= g.head_seq
            AND m.state IN (1, 2)) AS blocked
      FROM unnest($1::bigint[], $2::text[]) AS u(bucket_id, group_key)
     CROSS JOIN ${rowOf('fifo_groups', 'u', ['bucket_id', 'group_key'], 't.*, t.ctid AS place')} AS g
  ), gone AS (
    DELETE FROM millrace.fifo_groups g USING n WHERE g.ctid = n.place AND n.head_seq IS NULL
  ), moved AS (
    UPDATE millrace.fifo_groups g SET head_seq = n.head_seq, blocked = n.blocked FROM n
     WHERE g.ctid = n.place AND n.head_seq IS NOT NULL
       AND (g.head_seq <> n.head_seq OR g.blocked <> n.blocked)
  )
  SELECT bucket_id AS "bucketId", group_key AS "groupKey" FROM n
   WHERE head_seq IS NOT NULL AND NOT blocked`;
