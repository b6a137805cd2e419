import { READY_COLUMNS } from '../../reads/rows.js';
import type { PostgresTransaction } from '../../transaction/transaction.js';
import { type Lanes, LOCKED_COLUMNS, type ReadyRow } from './lock-heads.js';

/**
 * Claims message groups of a FIFO queue and locks their first messages. A message group that another
 * transaction has locked is skipped. One that is locked here is read again by a statement that begins
 * after the lock was acquired, so that it never sees changes only in part.
 *
 * @param limits how many messages each command wants
 */
export async function claimMessageGroups(
  tx: PostgresTransaction,
  bucketId: number,
  limits: readonly number[],
): Promise<Lanes> {
  const lanes: Lanes = [];
  let groups = limits.length;
  let lastHeadSeq = 0;
  for (;;) {
    const claimed = await lockFreeHeads(tx, bucketId, lastHeadSeq, groups);
    if (claimed.length === 0) return lanes;
    lanes.push(...(await lockMessages(tx, bucketId, claimed, Math.max(...limits))));
    const missing = missingAfter(lanes, limits);
    if (claimed.length < groups || missing === 0) return lanes;
    lastHeadSeq = (claimed.at(-1) as Claimed).headSeq;
    // As many more message groups as are needed if they are as long as those so far.
    groups = Math.ceil((missing * lanes.length) / Math.max(1, lanes.flat().length));
  }
}

interface Claimed {
  readonly groupKey: string;
  readonly headSeq: number;
}

const lockFreeHeads = (
  { pipeline }: PostgresTransaction,
  bucketId: number,
  afterSeq: number,
  limit: number,
): Promise<Claimed[]> =>
  pipeline.query<Claimed>(
    `SELECT g.group_key AS "groupKey", g.head_seq AS "headSeq" FROM millrace.fifo_groups g
      WHERE g.bucket_id = $1 AND NOT g.blocked AND g.head_seq > $2
      ORDER BY g.head_seq LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [bucketId, afterSeq, limit],
  );

async function lockMessages(
  { pipeline }: PostgresTransaction,
  bucketId: number,
  claimed: readonly Claimed[],
  limit: number,
): Promise<Lanes> {
  const rows = await pipeline.query<ReadyRow>(
    `SELECT ${LOCKED_COLUMNS} FROM unnest($2::text[], $3::bigint[]) AS g(group_key, head_seq)
      CROSS JOIN LATERAL (
        SELECT ${READY_COLUMNS}, m.rank FROM millrace.messages m
         WHERE m.bucket_id = $1 AND m.group_key = g.group_key AND m.seq >= g.head_seq
         ORDER BY m.seq LIMIT $4 FOR UPDATE) AS h`,
    [
      bucketId,
      claimed.map(({ groupKey }) => groupKey),
      claimed.map(({ headSeq }) => headSeq),
      limit,
    ],
  );
  const lanes = new Map(claimed.map(({ groupKey }) => [groupKey, [] as ReadyRow[]]));
  for (const row of rows) lanes.get(row.groupKey as string)?.push(row);
  return [...lanes.values()].filter((lane) => lane.length > 0);
}

/** How many messages the commands will lack when these lanes are shared out. */
function missingAfter(lanes: Lanes, limits: readonly number[]): number {
  let next = 0;
  let missing = 0;
  for (const limit of limits) {
    let left = limit;
    while (left > 0 && next < lanes.length) {
      left -= Math.min(left, (lanes[next] as ReadyRow[]).length);
      next += 1;
    }
    missing += left;
  }
  return missing;
}
