import type { AckCommand, ExtendCommand, NackCommand, Outcome } from '../../../core/commands.js';
import { rowIdOf } from '../../../core/ids.js';
import { STATE } from '../../../core/message-state.js';
import { queueNotFound } from '../../../core/refusal.js';
import { withIdempotency } from '../../../core/replay.js';
import { ack, extend, nack, settle } from '../../../core/settling.js';
import type { QueueEntry } from '../../../core/transaction.js';
import { accept, type GroupRun } from '../group-run.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../rows.js';

type SettleCommand = AckCommand | NackCommand | ExtendCommand;

/** Acks, nacks and extensions: their messages are locked in one statement, then decided on. */
export async function runSettling(
  run: GroupRun,
  commands: readonly SettleCommand[],
): Promise<Outcome[]> {
  const { tx } = run;
  const refs = commands.flatMap((command) => {
    const queue = tx.queue(command.project, command.queue);
    if (queue === undefined) return [];
    const ids = command.kind === 'extend' ? [command] : command.entries;
    return ids
      .filter(({ messageId }) => rowIdOf(messageId) !== undefined)
      .map(({ messageId }) => ({ bucketId: queue.bucketId, messageId }));
  });
  if (refs.length > 0) {
    const rows = await tx.pipeline.query<MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM millrace.messages m
        WHERE (m.bucket_id, m.message_id) IN (SELECT * FROM unnest($1::bigint[], $2::uuid[]))
        ORDER BY m.bucket_id, m.message_id FOR UPDATE`,
      [refs.map(({ bucketId }) => bucketId), refs.map(({ messageId }) => messageId)],
    );
    for (const message of tx.addMessages(rows)) endLeaseThatRanOut(run, message);
  }
  return commands.map((command) => {
    const queue = tx.queue(command.project, command.queue);
    if (queue === undefined) return queueNotFound(command.queue);
    return withIdempotency(run.records, run.lookups, command, queue, () =>
      decide(run, queue, command),
    );
  });
}

function decide(
  run: GroupRun,
  queue: QueueEntry,
  command: SettleCommand,
): Outcome<SettleCommand['kind']> {
  switch (command.kind) {
    case 'ack':
      return accept<'ack'>(ack(run.tx, queue, command));
    case 'nack':
      return accept<'nack'>(nack(run.tx, queue, command));
    case 'extend':
      return accept<'extend'>(extend(run.tx, queue, command));
  }
}

/** A lease may have run out and not be swept yet; no late call may act as if it still ran. */
function endLeaseThatRanOut(run: GroupRun, message: MessageRow): void {
  const { tx } = run;
  const isOver =
    message.state === STATE.leased &&
    message.dueAtMs !== null &&
    message.dueAtMs <= tx.nowMs &&
    message.dueAtMs > run.leaseFloorMs;
  const queue = isOver ? tx.queueByBucket(message.bucketId) : undefined;
  if (queue !== undefined) settle(tx, queue, message);
}
