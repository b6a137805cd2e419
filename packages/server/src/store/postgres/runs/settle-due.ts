import { STATE } from '../../../core/message-state.js';
import { settle } from '../../../core/settling.js';
import type { GroupRun } from '../group-run.js';
import { loadQueuesByBucket } from '../load-queues.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../rows.js';
import { countWalked } from '../scan-floors.js';

/** Delays that are over, then leases that ran out, oldest first; what others hold is theirs. */
export async function settleDue(run: GroupRun, limit: number): Promise<number> {
  const { tx, dueFloor } = run;
  const fromMs = dueFloor.of(tx.nowMs);
  const due = (state: number, floorMs: number) =>
    tx.pipeline.query<MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m
        WHERE m.state = $1 AND m.due_at_ms > $2 AND m.due_at_ms <= $3
        ORDER BY m.due_at_ms, m.message_id LIMIT $4 FOR UPDATE SKIP LOCKED`,
      [state, floorMs, tx.nowMs, limit],
    );
  const {
    found: [delayed, expired],
    walked,
  } = await countWalked(tx.pipeline, 'messages_due', () =>
    Promise.all([
      due(STATE.delayed, fromMs),
      run.sweepsLeases ? due(STATE.leased, Math.max(fromMs, run.leaseFloorMs)) : [],
    ]),
  );
  const settlesAll = run.sweepsLeases && run.leaseFloorMs === 0;
  const isLimited = Math.max(delayed.length, expired.length) >= limit;
  dueFloor.note(fromMs, settlesAll && !isLimited, walked, tx.nowMs);
  const messages = tx.addMessages([...delayed, ...expired]);
  await loadQueuesByBucket(
    tx,
    messages.map(({ bucketId }) => bucketId),
  );
  for (const message of messages) {
    const queue = tx.queueByBucket(message.bucketId);
    if (queue !== undefined) settle(tx, queue, message);
    // No queue has the bucket any more: the sweep of discarded buckets takes the message.
    else tx.change(message, { dueAtMs: null });
  }
  tx.flushMessages();
  run.settled += messages.length;
  return messages.length;
}

/** When the next delay or lease ends, whoever began it; null when none does. */
export async function readNextDue(run: GroupRun): Promise<number | null> {
  const [row] = await run.tx.pipeline.query<{ dueAtMs: number | null }>(
    `SELECT least(
       (SELECT min(due_at_ms) FROM millrace.messages WHERE state = ${STATE.delayed} AND due_at_ms > $1),
       (SELECT min(due_at_ms) FROM millrace.messages WHERE state = ${STATE.leased} AND due_at_ms > $1)
     ) AS "dueAtMs"`,
    [run.dueFloor.of(run.tx.nowMs)],
  );
  const dueAtMs = row?.dueAtMs ?? null;
  // A lease that is kept for a while after the start is looked at again when that is over.
  return dueAtMs !== null && dueAtMs <= run.leaseFloorMs ? run.graceEndMs : dueAtMs;
}
