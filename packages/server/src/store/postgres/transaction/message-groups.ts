import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { rowOf } from '../driver/index-joins.js';
import type { Pipeline } from '../driver/pipeline.js';
import { NEXT_SEQ } from './message-seqs.js';

/** A message that joins the tail of a message group. */
export interface Arrival {
  readonly queue: QueueEntry;
  readonly groupKey: string;
}

export interface MessageGroupRef {
  readonly bucketId: number;
  readonly groupKey: string;
}

/**
 * The message groups that one transaction changes. The head of a message group and whether it is blocked
 * follow from its messages; both are determined again under the lock of the message group's row.
 */
export class MessageGroups {
  private readonly touched = new Map<string, { queue: QueueEntry; groupKey: string }>();

  constructor(
    private readonly pipeline: Pipeline,
    /** Called when a message group has a message to deliver. */
    private readonly ready: (queue: QueueEntry) => void,
  ) {}

  touch(queue: QueueEntry, groupKey: string): void {
    this.touched.set(keyOf({ bucketId: queue.bucketId, groupKey }), { queue, groupKey });
  }

  /**
   * Locks the message groups that arrivals join, creates those that are new, and draws a seq for each
   * arrival, higher than any that was committed in its message group before.
   *
   * @returns the seqs, in the order of the arrivals
   */
  async arrive(arrivals: readonly Arrival[]): Promise<number[]> {
    if (arrivals.length === 0) return [];
    const keys = arrivals.map(({ queue, groupKey }) => keyOf({ ...queue, groupKey }));
    const rows = await this.pipeline.query<ArrivedRow>(ARRIVE, [
      arrivals.map(({ queue }) => queue.bucketId),
      arrivals.map(({ groupKey }) => groupKey),
    ]);
    const seqs = rows.flatMap(({ seq }) => seq ?? []);
    const lasts = new Map(keys.map((key, index) => [key, index]));
    const shifts = new Map<string, number>();
    for (const { bucketId, groupKey, lastSeq, blocked } of rows) {
      if (lastSeq === null) continue;
      const key = keyOf({ bucketId, groupKey });
      const last = lasts.get(key) as number;
      shifts.set(key, lastSeq - (seqs[last] as number));
      if (!blocked) this.ready((arrivals[last] as Arrival).queue);
    }
    return seqs.map((seq, index) => seq + (shifts.get(keys[index] as string) as number));
  }

  /** Writes the new state of the message groups that were touched, after all changes sent so far. */
  flush(): void {
    const touched = new Map(this.touched);
    this.touched.clear();
    if (touched.size === 0) return;
    const groups = [...touched.values()];
    const answer = this.pipeline.query<MessageGroupRef>(REFRESH, [
      groups.map(({ queue }) => queue.bucketId),
      groups.map(({ groupKey }) => groupKey),
    ]);
    // A failure surfaces where the whole pipeline is awaited.
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

const keyOf = ({ bucketId, groupKey }: MessageGroupRef): string => `${bucketId} ${groupKey}`;

interface ArrivedRow extends MessageGroupRef {
  /** For an arrival: the seq that was drawn for it. */
  readonly seq: number | null;
  /** For a message group: the seq of its last arrival. */
  readonly lastSeq: number | null;
  readonly blocked: boolean | null;
}

/**
 * Seqs are drawn before the locks are acquired. If another transaction has meanwhile added messages with
 * later seqs, as many seqs are drawn again under the lock, and the arrivals move behind those messages.
 */
const ARRIVE = `
  WITH drawn AS MATERIALIZED (
    SELECT a.bucket_id, a.group_key, a.nth, ${NEXT_SEQ} AS seq
      FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS a(bucket_id, group_key, nth)
     ORDER BY a.nth
  ), joined AS (
    INSERT INTO millrace.fifo_groups AS g (bucket_id, group_key, head_seq, last_seq)
    SELECT bucket_id, group_key, min(seq), max(seq) FROM drawn
     GROUP BY bucket_id, group_key ORDER BY bucket_id, group_key
    ON CONFLICT (bucket_id, group_key) DO UPDATE SET last_seq =
      CASE WHEN g.last_seq < excluded.head_seq THEN excluded.last_seq
           ELSE (SELECT max(nextval('millrace.message_places'))
                   FROM generate_series(excluded.head_seq, excluded.last_seq)) END
    RETURNING bucket_id, group_key, last_seq, blocked
  )
  (SELECT bucket_id AS "bucketId", group_key AS "groupKey", seq AS seq, NULL::bigint AS "lastSeq",
      NULL::boolean AS blocked FROM drawn ORDER BY nth)
  UNION ALL
  SELECT bucket_id, group_key, NULL, last_seq, blocked FROM joined`;

/**
 * The rows are locked, so their ctids stay valid. Seqs only grow, so the head of a message group never
 * moves to a lower seq.
 */
const REFRESH = `
  WITH n AS MATERIALIZED (
    SELECT g.bucket_id, g.group_key, g.tid,
        (SELECT m.seq FROM millrace.messages m
          WHERE m.bucket_id = g.bucket_id AND m.group_key = g.group_key AND m.seq >= g.head_seq
          ORDER BY m.seq LIMIT 1) AS head_seq,
        EXISTS (SELECT 1 FROM millrace.messages m
          WHERE m.bucket_id = g.bucket_id AND m.group_key = g.group_key AND m.seq >= g.head_seq
            AND m.state IN (1, 2)) AS blocked
      FROM unnest($1::bigint[], $2::text[]) AS u(bucket_id, group_key)
     CROSS JOIN ${rowOf('fifo_groups', 'u', ['bucket_id', 'group_key'], 't.*, t.ctid AS tid')} AS g
  ), gone AS (
    DELETE FROM millrace.fifo_groups g USING n WHERE g.ctid = n.tid AND n.head_seq IS NULL
  ), moved AS (
    UPDATE millrace.fifo_groups g SET head_seq = n.head_seq, blocked = n.blocked FROM n
     WHERE g.ctid = n.tid AND n.head_seq IS NOT NULL
       AND (g.head_seq <> n.head_seq OR g.blocked <> n.blocked)
  )
  SELECT bucket_id AS "bucketId", group_key AS "groupKey" FROM n
   WHERE head_seq IS NOT NULL AND NOT blocked`;
