import { sum } from '../../../../core/sum.js';
import { READY_COLUMNS } from '../../reads/rows.js';
import type { PostgresTransaction } from '../../transaction/transaction.js';
import { type Lanes, LOCKED_COLUMNS, type ReadyRow } from './lock-heads.js';

/** A message group that is claimed, with its first messages. */
interface ClaimedGroup extends Claimed {
  /** How many messages were looked for; if there are as many, more may follow. */
  readonly limit: number;
  readonly rows: ReadyRow[];
}

/** How often more messages of message groups are looked for that turn out to be long. */
const LONGER_LOOKS_MAX = 5;
/** How much further each of them is looked into, if it is not known where the command ends. */
const LONGER_FACTOR = 8;

/**
 * Claims message groups of a FIFO queue and locks their first messages. A message group that another
 * transaction has locked is skipped. One that is locked here is read again by a statement that begins
 * after the lock was acquired, so that it never sees changes only in part.
 *
 * The commands share the message groups out in order, so the first groups are looked into as far as the
 * commands in the same places want: one command that wants a thousand messages must not have a thousand of
 * each group locked.
 *
 * @param limits how many messages each command wants
 */
export async function claimMessageGroups(
  tx: PostgresTransaction,
  bucketId: number,
  limits: readonly number[],
): Promise<Lanes> {
  let groups: ClaimedGroup[] = [];
  let wanted = limits.length;
  let limitOf = (at: number): number => limits[at] as number;
  for (;;) {
    const claimed = await lockFreeHeads(tx, bucketId, groups.at(-1)?.headSeq ?? 0, wanted);
    if (claimed.length === 0) break;
    const more = claimed.map((group, at) => ({ ...group, limit: limitOf(at) }));
    groups = await lockAsWanted(tx, bucketId, groups, more, limits);
    const { missing } = shareOut(groups, limits, true);
    if (claimed.length < wanted || missing === 0) break;
    // As many more message groups as are needed if they are as long as those so far.
    const length = sum(groups.map(({ rows }) => rows.length)) / groups.length;
    wanted = Math.ceil(missing / Math.max(1, length));
    limitOf = () => Math.ceil(2 * length) + 1;
  }
  return groups.map(({ rows }) => rows).filter((rows) => rows.length > 0);
}

/** Locks the messages of more groups, and then more messages of those for which commands want more. */
async function lockAsWanted(
  tx: PostgresTransaction,
  bucketId: number,
  before: readonly ClaimedGroup[],
  more: readonly Omit<ClaimedGroup, 'rows'>[],
  limits: readonly number[],
): Promise<ClaimedGroup[]> {
  let groups = [...before, ...(await lockMessages(tx, bucketId, more))];
  for (let looks = 0; looks < LONGER_LOOKS_MAX; looks += 1) {
    const { longer } = shareOut(groups, limits, looks > 0);
    if (longer.size === 0) break;
    const again = groups.flatMap((group) => {
      const limit = longer.get(group.groupKey);
      return limit === undefined ? [] : [{ ...group, limit }];
    });
    const byKey = new Map(
      (await lockMessages(tx, bucketId, again)).map((group) => [group.groupKey, group]),
    );
    groups = groups.map((group) => byKey.get(group.groupKey) ?? group);
  }
  return groups;
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
  claimed: readonly Omit<ClaimedGroup, 'rows'>[],
): Promise<ClaimedGroup[]> {
  const rows = await pipeline.query<ReadyRow>(
    `SELECT ${LOCKED_COLUMNS} FROM unnest($2::text[], $3::bigint[], $4::bigint[])
          AS g(group_key, head_seq, wanted)
      CROSS JOIN LATERAL (
        SELECT ${READY_COLUMNS}, m.rank FROM millrace.messages m
         WHERE m.bucket_id = $1 AND m.group_key = g.group_key AND m.seq >= g.head_seq
         ORDER BY m.seq LIMIT g.wanted FOR UPDATE) AS h`,
    [
      bucketId,
      claimed.map(({ groupKey }) => groupKey),
      claimed.map(({ headSeq }) => headSeq),
      claimed.map(({ limit }) => limit),
    ],
  );
  const groups = claimed.map((group) => ({ ...group, rows: [] as ReadyRow[] }));
  const byKey = new Map(groups.map((group) => [group.groupKey, group]));
  for (const row of rows) byKey.get(row.groupKey as string)?.rows.push(row);
  return groups;
}

/**
 * What the commands get of these message groups. A group of which as many messages are there as were looked
 * for may have more. The first one that a command reaches is to be looked into as far as the command wants;
 * as a rule it has enough.
 *
 * @param goesOn if it may not have enough: the groups behind it are looked into further, too
 * @returns how many messages the commands will lack; and how far to look into groups, by their keys
 */
function shareOut(
  groups: readonly ClaimedGroup[],
  limits: readonly number[],
  goesOn: boolean,
): { readonly missing: number; readonly longer: ReadonlyMap<string, number> } {
  const longer = new Map<string, number>();
  let next = 0;
  let missing = 0;
  for (const limit of limits) {
    let left = limit;
    let isFirst = true;
    while (left > 0 && next < groups.length) {
      const { groupKey, rows, limit: looked } = groups[next] as ClaimedGroup;
      const mayHaveMore = rows.length === looked && looked < left;
      if (mayHaveMore) {
        longer.set(groupKey, isFirst ? left : Math.min(left, LONGER_FACTOR * looked));
        isFirst = false;
      }
      left -= mayHaveMore && !goesOn ? left : Math.min(left, rows.length);
      next += 1;
    }
    missing += left;
  }
  return { missing, longer };
}
