import type { Command, LeasedMessage } from '../../../core/commands.js';
import { STATE } from '../../../core/message-state.js';
import { recordScope } from '../../../core/replay.js';
import type { GroupRun } from '../group-run.js';
import { STORED_COLUMNS, storedMessage } from '../rows.js';

/** Reads the messages that a consume made again may get back, so that a replay can look them up. */
export async function loadHeld(run: GroupRun, commands: readonly Command[]): Promise<void> {
  // What was leased earlier in the group may have been settled since.
  run.held.clear();
  const ids = commands.flatMap((command) => {
    if (command.kind !== 'consume') return [];
    const queue = run.tx.queue(command.project, command.queue);
    const scope = queue === undefined ? undefined : recordScope(command, queue);
    const record = scope === undefined ? undefined : run.records.find(scope);
    if (queue === undefined || record === undefined) return [];
    const { messages } = JSON.parse(record.outcome) as { messages: { messageId: string }[] };
    return messages.map(({ messageId }) => ({ bucketId: queue.bucketId, messageId }));
  });
  if (ids.length === 0) return;
  const rows = await run.tx.pipeline.query<LeasedMessage>(
    `SELECT ${STORED_COLUMNS}, m.payload, m.receipt, m.due_at_ms AS "leaseExpiresAtMs"
       FROM millrace.messages m
      WHERE (m.bucket_id, m.message_id) IN (SELECT * FROM unnest($1::bigint[], $2::uuid[]))
        AND m.state = ${STATE.leased} AND (m.due_at_ms > $3 OR m.due_at_ms <= $4)
      ORDER BY m.bucket_id, m.message_id FOR UPDATE`,
    [
      ids.map(({ bucketId }) => bucketId),
      ids.map(({ messageId }) => messageId),
      run.tx.nowMs,
      run.tx.leaseFloorMs,
    ],
  );
  for (const row of rows) {
    const { receipt, leaseExpiresAtMs } = row;
    const { failures } = row;
    run.held.set(row.messageId, { ...storedMessage(row), failures, receipt, leaseExpiresAtMs });
  }
}
