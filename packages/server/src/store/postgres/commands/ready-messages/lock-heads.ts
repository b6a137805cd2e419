import type { StoredMessage } from '../../../../core/commands/commands.js';
import { sum } from '../../../../core/sum.js';
import type { Pipeline } from '../../driver/pipeline.js';
import { type MessageRow, READY_COLUMNS } from '../../reads/rows.js';
import { CLOCK_MS } from '../../time/store-time-sql.js';
import type { CommitGroup } from '../../transaction/commit-group.js';
import { countWalked, type RankWatermark, type ReadyScan } from '../../tuning/scan-watermarks.js';

export type ReadyRow = MessageRow &
  StoredMessage &
  RankWatermark & {
    /** The database's time when the row was locked. */
    readonly lockedAtMs: number;
  };

/**
 * Messages that are locked and available, in order. A standard queue has one lane, which all commands
 * share; a FIFO queue has one for each message group, and a message group goes to one command.
 */
export type Lanes = ReadyRow[][];

/**
 * The columns of a message `h` that was chosen and locked. The time is volatile, so it is read for each
 * row.
 */
export const LOCKED_COLUMNS = `h.*, ${CLOCK_MS} AS "lockedAtMs"`;

/** @param wanted for each bucket, how many messages each command wants */
export async function lockHeads(
  { tx, readyWatermarks, afterCommit }: CommitGroup,
  wanted: ReadonlyMap<number, readonly number[]>,
): Promise<Map<number, Lanes>> {
  const ready = new Map<number, Lanes>([...wanted.keys()].map((bucketId) => [bucketId, [[]]]));
  if (wanted.size === 0) return ready;
  const scans = [...wanted].map(([bucketId, limits]) => ({
    bucketId,
    limit: sum(limits),
    from: readyWatermarks.of(bucketId),
  }));
  const scan = (): Promise<ReadyRow[]> => scanHeads(tx.pipeline, scans);
  if (!readyWatermarks.isToCount()) {
    for (const row of await scan()) ready.get(row.bucketId)?.[0]?.push(row);
    return ready;
  }
  const behindWatermark = scans.filter(
    (each): each is ScanFromWatermark => each.from !== undefined,
  );
  const [firsts, { found, walked }] = await Promise.all([
    scanFirsts(tx.pipeline, behindWatermark),
    countWalked(tx.pipeline, 'messages_ready', scan),
  ]);
  for (const row of found) ready.get(row.bucketId)?.[0]?.push(row);
  for (const { bucketId, from } of scans) {
    if (from === undefined) readyWatermarks.walked(bucketId, walked);
  }
  for (const { bucketId, from } of behindWatermark) {
    const ofBucket = firsts.filter((first) => first.bucketId === bucketId);
    afterCommit.push(() => readyWatermarks.raise(bucketId, from, ofBucket));
  }
  return ready;
}

/** The first messages of each wanted bucket that no other transaction has locked. */
const firstOf = (arrays: string, columns: string, condition = ''): string => `
  SELECT ${LOCKED_COLUMNS} FROM unnest(${arrays}) AS w(${columns})
    CROSS JOIN LATERAL (
      SELECT ${READY_COLUMNS}, m.rank FROM millrace.messages m
       WHERE m.bucket_id = w.bucket_id AND m.state = 0 ${condition}
       ORDER BY m.rank DESC, m.seq LIMIT w.wanted FOR UPDATE SKIP LOCKED) AS h`;

const FROM_HEAD = firstOf('$1::bigint[], $2::bigint[]', 'bucket_id, wanted');
const FROM_WATERMARK = firstOf(
  '$1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[]',
  'bucket_id, wanted, rank, seq',
  'AND m.rank = w.rank AND m.seq >= w.seq',
);
const RETURNED = firstOf(
  '$1::bigint[], $2::bigint[]',
  'bucket_id, wanted',
  'AND (m.leased_at_ms IS NOT NULL OR m.first_available_at_ms > m.enqueued_at_ms)',
);

interface HeadScan {
  readonly bucketId: number;
  readonly limit: number;
  readonly from: ReadyScan | undefined;
}

type ScanFromWatermark = HeadScan & { readonly from: ReadyScan };

const watermarkPositions = (scans: readonly HeadScan[]) =>
  scans.flatMap(({ bucketId, limit, from }) =>
    (from?.watermarks ?? []).map(({ rank, seq }) => ({ bucketId, limit, rank, seq })),
  );

async function scanHeads(pipeline: Pipeline, scans: readonly HeadScan[]): Promise<ReadyRow[]> {
  const fromHead = scans.filter(({ from }) => from === undefined);
  const fromWatermark = watermarkPositions(scans);
  const [heads, returned, behind] = await Promise.all([
    fromHead.length === 0
      ? []
      : pipeline.query<ReadyRow>(FROM_HEAD, [
          fromHead.map(({ bucketId }) => bucketId),
          fromHead.map(({ limit }) => limit),
        ]),
    fromWatermark.length === 0 ? [] : scanReturned(pipeline, scans),
    fromWatermark.length === 0
      ? []
      : pipeline.query<ReadyRow>(FROM_WATERMARK, [
          fromWatermark.map(({ bucketId }) => bucketId),
          fromWatermark.map(({ limit }) => limit),
          fromWatermark.map(({ rank }) => rank),
          fromWatermark.map(({ seq }) => seq),
        ]),
  ]);
  return [...heads, ...inOrder([...returned, ...behind])];
}

/** Includes messages that `SKIP LOCKED` skips: their lock may be released with the message unchanged. */
const FIRST = `
  SELECT w.bucket_id AS "bucketId", w.rank, f.seq
    FROM unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS w(bucket_id, rank, seq)
   CROSS JOIN LATERAL (
     SELECT m.seq FROM millrace.messages m
      WHERE m.bucket_id = w.bucket_id AND m.state = 0 AND m.rank = w.rank AND m.seq >= w.seq
      ORDER BY m.rank DESC, m.seq LIMIT 1) AS f`;

/** The first available message of each rank, locked or not. */
async function scanFirsts(
  pipeline: Pipeline,
  scans: readonly ScanFromWatermark[],
): Promise<(RankWatermark & { readonly bucketId: number })[]> {
  const seqs = watermarkPositions(scans);
  if (seqs.length === 0) return [];
  return pipeline.query(FIRST, [
    seqs.map(({ bucketId }) => bucketId),
    seqs.map(({ rank }) => rank),
    seqs.map(({ seq }) => seq),
  ]);
}

/** Messages that were returned or delayed may have a seq below the watermark. */
function scanReturned(pipeline: Pipeline, scans: readonly HeadScan[]): Promise<ReadyRow[]> {
  const behindWatermark = scans.filter(({ from }) => from !== undefined);
  return pipeline.query<ReadyRow>(RETURNED, [
    behindWatermark.map(({ bucketId }) => bucketId),
    behindWatermark.map(({ limit }) => limit),
  ]);
}

function inOrder(rows: readonly ReadyRow[]): ReadyRow[] {
  const once = new Map(rows.map((row) => [row.messageId, row]));
  return [...once.values()].sort((a, b) => b.rank - a.rank || a.seq - b.seq);
}
