import type { Command } from '../../../core/commands/commands.js';
import { isSettling, namedMessages } from '../../../core/commands/settling-commands.js';
import { rowIdOf } from '../../../core/ids.js';
import { groupKeyOf } from '../../../core/queue/fifo.js';
import { messageOf, rowOf } from '../driver/index-joins.js';
import type { Pipeline } from '../driver/pipeline.js';
import type { MessageGroupRef } from './message-groups.js';
import type { PostgresTransaction } from './transaction.js';

export const GROUP_KEY = ['bucket_id', 'group_key'] as const;

/**
 * @param which selects `bucket_id` and `group_key` of the message groups, which are locked in this order
 */
export const lockedMessageGroups = (columns: string, which: string, lock = 'FOR UPDATE'): string =>
  `SELECT ${columns} FROM (
       SELECT DISTINCT w.bucket_id, w.group_key COLLATE "C" AS group_key FROM (${which}) AS w
        ORDER BY 1, 2) AS o
     CROSS JOIN ${rowOf('fifo_groups', 'o', GROUP_KEY, 't.bucket_id, t.group_key', lock)} AS g`;

/**
 * Locks the message groups that these commands settle in or publish to, all at once and in one order, so
 * that no two transactions wait for each other. Claims come later and never wait.
 *
 * Messages without a message group match none. A condition that excludes them would lead a planner
 * without statistics to an index of message groups, and through the whole queue.
 */
export async function lockMessageGroupsOf(
  tx: PostgresTransaction,
  commands: readonly Command[],
): Promise<void> {
  const settled: { bucketId: number; messageId: string }[] = [];
  const joined: MessageGroupRef[] = [];
  for (const command of commands) {
    const queue = 'queue' in command ? tx.queue(command.project, command.queue) : undefined;
    if (queue?.type !== 'fifo') continue;
    const { bucketId } = queue;
    if (command.kind === 'publish') {
      for (const { groupId } of command.messages) {
        const groupKey = groupKeyOf(queue, groupId);
        if (groupKey !== null) joined.push({ bucketId, groupKey });
      }
    }
    for (const messageId of settledIds(command)) settled.push({ bucketId, messageId });
  }
  if (settled.length === 0 && joined.length === 0) return;
  await tx.pipeline.query(
    lockedMessageGroups(
      '1',
      `SELECT s.bucket_id, m.group_key
         FROM unnest($1::bigint[], $2::uuid[]) AS s(bucket_id, message_id)
        CROSS JOIN ${messageOf('s', 'm.group_key')} AS m
       UNION SELECT * FROM unnest($3::bigint[], $4::text[])`,
    ),
    [
      settled.map(({ bucketId }) => bucketId),
      settled.map(({ messageId }) => messageId),
      joined.map(({ bucketId }) => bucketId),
      joined.map(({ groupKey }) => groupKey),
    ],
  );
}

const settledIds = (command: Command): string[] =>
  isSettling(command) ? namedMessages(command).filter((id) => rowIdOf(id) !== undefined) : [];

/** Locks the message groups that no other transaction has locked. @returns those that are locked now */
export const lockFreeMessageGroups = (
  pipeline: Pipeline,
  groups: readonly MessageGroupRef[],
): Promise<MessageGroupRef[]> =>
  pipeline.query<MessageGroupRef>(
    lockedMessageGroups(
      'g.bucket_id AS "bucketId", g.group_key AS "groupKey"',
      'SELECT * FROM unnest($1::bigint[], $2::text[]) AS u(bucket_id, group_key)',
      'FOR UPDATE SKIP LOCKED',
    ),
    [groups.map(({ bucketId }) => bucketId), groups.map(({ groupKey }) => groupKey)],
  );
