import type { Outcome } from '../../../core/commands/commands.js';
import { namedMessages, type SettlingCommand } from '../../../core/commands/settling-commands.js';
import { rowIdOf } from '../../../core/ids.js';
import { applySettling, leaseRanOut, settle } from '../../../core/queue/settling.js';
import { messageOf } from '../driver/index-joins.js';
import { MESSAGE_COLUMNS, type MessageRow } from '../reads/rows.js';
import { type CommitGroup, onItsQueue } from '../transaction/commit-group.js';
import { loadPolicies } from '../transaction/push-policies.js';
import type { PostgresTransaction } from '../transaction/transaction.js';

/** Acks, nacks and extends: their messages are locked in one statement, then decided on. */
export async function runSettling(
  run: CommitGroup,
  commands: readonly SettlingCommand[],
): Promise<Outcome[]> {
  const { tx } = run;
  const refs = { alone: [] as MessageRef[], withHeld: [] as MessageRef[] };
  for (const command of commands) {
    const queue = tx.queue(command.project, command.queue);
    if (queue === undefined) continue;
    // An ack of a lease that has not run out looks at no other message of the message group.
    const needsHeld = queue.type === 'fifo' && command.kind !== 'ack';
    for (const messageId of namedMessages(command)) {
      if (rowIdOf(messageId) === undefined) continue;
      refs[needsHeld ? 'withHeld' : 'alone'].push({ bucketId: queue.bucketId, messageId });
    }
  }
  const [alone, withHeld] = await Promise.all([
    lockMessages(tx, refs.alone, LOCK),
    lockMessages(tx, refs.withHeld, LOCK_WITH_HELD),
  ]);
  await tx.hearTime();
  const late = alone.filter((row) => row.groupKey !== null && hasRunOut(run, row));
  const behindLate = await lockMessages(tx, late, LOCK_WITH_HELD);
  const locked = [...alone, ...withHeld, ...behindLate];
  await loadPolicies(tx, locked);
  for (const message of tx.addMessages(locked)) {
    const queue = hasRunOut(run, message) ? tx.queueByBucket(message.bucketId) : undefined;
    if (queue !== undefined) settle(tx, queue, message);
  }
  return commands.map((command) =>
    onItsQueue(run, command, (queue) => applySettling(tx, queue, command)),
  );
}

const hasRunOut = ({ tx, isTimeTrusted }: CommitGroup, message: MessageRow): boolean =>
  isTimeTrusted && leaseRanOut(tx, message);

interface MessageRef {
  readonly bucketId: number;
  readonly messageId: string;
}

/**
 * Messages that block the message groups of these messages affect the decisions, so they are locked too.
 */
const WITH_HELD_OF_GROUPS = `SELECT * FROM r
  UNION
  SELECT h.bucket_id, h.message_id
    FROM (SELECT DISTINCT r.bucket_id, x.group_key
            FROM r CROSS JOIN ${messageOf('r', 'm.group_key')} AS x) AS g
   CROSS JOIN LATERAL (
     SELECT m.bucket_id, m.message_id FROM millrace.messages m
      WHERE m.bucket_id = g.bucket_id AND m.group_key = g.group_key AND m.state IN (1, 2)
     OFFSET 0) AS h`;

const lock = (which: string): string => `
  WITH r AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::uuid[]) AS r(bucket_id, message_id))
  SELECT m.* FROM (${which} ORDER BY bucket_id, message_id) AS w
   CROSS JOIN ${messageOf('w', MESSAGE_COLUMNS, 'FOR UPDATE')} AS m`;

const LOCK = lock('SELECT DISTINCT * FROM r');
const LOCK_WITH_HELD = lock(WITH_HELD_OF_GROUPS);

async function lockMessages(
  tx: PostgresTransaction,
  refs: readonly MessageRef[],
  text: string,
): Promise<MessageRow[]> {
  if (refs.length === 0) return [];
  return tx.pipeline.query<MessageRow>(text, [
    refs.map(({ bucketId }) => bucketId),
    refs.map(({ messageId }) => messageId),
  ]);
}
