import { STATE } from '../../../core/queue/message-state.js';
import { settle } from '../../../core/queue/settling.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../reads/rows.js';
import type { CommitGroup } from '../transaction/commit-group.js';
import { lockFreeMessageGroups } from '../transaction/message-group-locks.js';
import type { MessageGroupRef } from '../transaction/message-groups.js';
import { loadPolicies } from '../transaction/push-policies.js';
import { loadQueuesByBucket } from '../transaction/queue-rows.js';
import { countWalked } from '../tuning/scan-watermarks.js';

/**
 * How soon due messages are checked again that could not be settled because another node is doing it.
 */
const TRY_AGAIN_MS = 200;

/** Settles delays, then leases, that are due, oldest first; messages locked by others are skipped. */
export async function settleDue(run: CommitGroup, limit: number): Promise<number> {
  const { tx, dueWatermark } = run;
  const fromMs = dueWatermark.of();
  const due = (state: number, watermarkMs: number) =>
    tx.pipeline.query<MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m
        WHERE m.state = $1 AND m.due_at_ms > $2 AND m.due_at_ms <= $3 AND m.group_key IS NULL
        ORDER BY m.due_at_ms, m.message_id LIMIT $4 FOR UPDATE SKIP LOCKED`,
      [state, watermarkMs, tx.nowMs, limit],
    );
  const {
    found: [delayed, expired],
    walked,
  } = await countWalked(tx.pipeline, 'messages_due', () =>
    Promise.all([
      due(STATE.delayed, fromMs),
      run.isTimeTrusted ? due(STATE.leased, Math.max(fromMs, run.tx.leasesKeptUntilMs)) : [],
    ]),
  );
  dueWatermark.walked(fromMs, walked);
  const grouped = await lockDueInMessageGroups(run, fromMs, limit);
  const messages = tx.addMessages([...delayed, ...expired, ...grouped]).sort(byDue);
  await loadQueuesByBucket(
    tx,
    messages.map(({ bucketId }) => bucketId),
  );
  await loadPolicies(tx, messages);
  for (const message of messages) {
    const queue = tx.queueByBucket(message.bucketId);
    // Settling another message of the message group may already have settled this one.
    if (message.dueAtMs === null || message.dueAtMs > tx.nowMs) continue;
    if (message.state === STATE.leased && !run.isTimeTrusted) continue;
    if (queue !== undefined) settle(tx, queue, message);
    // No queue has the bucket any more: the sweep of discarded buckets removes the message.
    else tx.change(message, { dueAtMs: null });
  }
  await tx.flushMessages();
  run.settled += messages.length;
  return messages.length;
}

/** Delays before leases, then by time; equal times by id, so that stores agree. */
const byDue = (a: MessageRow, b: MessageRow): number =>
  b.state - a.state || (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0) || (a.messageId < b.messageId ? -1 : 1);

/**
 * The leased and delayed messages of each message group in which a message is due: all of them, because
 * one expired lease may end the others. Message groups that another transaction has locked are skipped.
 */
async function lockDueInMessageGroups(
  { tx, isTimeTrusted }: CommitGroup,
  fromMs: number,
  limit: number,
): Promise<MessageRow[]> {
  const due = (state: number, fromParameter: string) =>
    `(SELECT m.bucket_id, m.group_key FROM millrace.messages m
       WHERE m.state = ${state} AND m.due_at_ms > ${fromParameter} AND m.due_at_ms <= $3
         AND m.group_key IS NOT NULL
       ORDER BY m.due_at_ms LIMIT $4)`;
  const groups = await tx.pipeline.query<MessageGroupRef>(
    `SELECT bucket_id AS "bucketId", group_key AS "groupKey" FROM
       (${due(STATE.leased, '$1')} UNION ${due(STATE.delayed, '$2')}) AS g`,
    [isTimeTrusted ? Math.max(fromMs, tx.leasesKeptUntilMs) : tx.nowMs, fromMs, tx.nowMs, limit],
  );
  if (groups.length === 0) return [];
  const free = await lockFreeMessageGroups(tx.pipeline, groups);
  return tx.pipeline.query<MessageRow>(
    `SELECT h.* FROM unnest($1::bigint[], $2::text[]) AS g(bucket_id, group_key)
      CROSS JOIN LATERAL (
        SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m
         WHERE m.bucket_id = g.bucket_id AND m.group_key = g.group_key AND m.state IN (1, 2)
         ORDER BY m.seq OFFSET 0 FOR UPDATE) AS h`,
    [free.map(({ bucketId }) => bucketId), free.map(({ groupKey }) => groupKey)],
  );
}

/**
 * When the next delay or lease ends, whichever node began it and whichever transaction has it locked;
 * null if none does. Due messages that could not be settled are included.
 */
export async function readNextDue(run: CommitGroup): Promise<number | null> {
  const { nowMs, leasesKeptUntilMs } = run.tx;
  const fromMs = run.dueWatermark.currentMs;
  const firstAtMs = await readFirstDue(run, fromMs, fromMs);
  run.afterCommit.push(() => run.dueWatermark.raise(firstAtMs, nowMs));
  const isKept = firstAtMs !== null && firstAtMs <= leasesKeptUntilMs;
  // A lease that is kept for a while after the start is checked again when that time is over.
  const dueAtMs = isKept
    ? Math.min(
        run.graceEndMs,
        (await readFirstDue(run, fromMs, leasesKeptUntilMs)) ?? run.graceEndMs,
      )
    : firstAtMs;
  if (dueAtMs === null || dueAtMs > nowMs) return dueAtMs;
  return run.settled === 0 ? nowMs + TRY_AGAIN_MS : dueAtMs;
}

/** When the first delay, or lease, ends after these times; null if none does. */
async function readFirstDue(
  { tx }: CommitGroup,
  delaysFromMs: number,
  leasesFromMs: number,
): Promise<number | null> {
  const first = (state: number, from: string, kind: string): string =>
    `(SELECT min(due_at_ms) FROM millrace.messages
       WHERE state = ${state} AND due_at_ms > ${from} AND group_key ${kind})`;
  const firsts = [[STATE.delayed, '$1'] as const, [STATE.leased, '$2'] as const].flatMap(
    ([state, from]) => [first(state, from, 'IS NULL'), first(state, from, 'IS NOT NULL')],
  );
  const [row] = await tx.pipeline.query<{ dueAtMs: number | null }>(
    `SELECT least(${firsts.join(', ')}) AS "dueAtMs"`,
    [delaysFromMs, leasesFromMs],
  );
  return row?.dueAtMs ?? null;
}
