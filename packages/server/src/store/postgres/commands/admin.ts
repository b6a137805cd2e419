import { audited } from '../../../core/audit/audit.js';
import { ENDED_KEYS_KEPT } from '../../../core/limits/storage-limits.js';
import type {
  CreateKeyCommand,
  CreateQueueCommand,
  DeadLetterJobCommand,
  DeleteQueueCommand,
  Outcome,
  OutcomeOf,
  PurgeQueueCommand,
  RecordKeyUseCommand,
  RevokeKeyCommand,
  UpdateQueueCommand,
} from '../../../core/queue/commands.js';
import type {
  PausePushCommand,
  SubscribePushCommand,
  UnsubscribePushCommand,
} from '../../../core/queue/push-commands.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import { compareSettings, newSettings, publicRow } from '../../../core/queue/queue-settings.js';
import { answerBefore, recordAnswer } from '../../../core/queue/replay.js';
import { keyNotFound, type Refusal } from '../../../core/refusal.js';
import { writeAudit } from '../reads/audit-rows.js';
import { accept, type CommitGroup } from '../transaction/commit-group.js';
import { insertQueue, readReachable } from '../transaction/queue-rows.js';
import type { PostgresTransaction } from '../transaction/transaction.js';
import { createLacking, lacksQueue } from './auto-create.js';
import { deleteQueue, purgeQueue, updateQueue } from './change-queue.js';
import { startDeadLetterJob } from './dead-letter-job.js';
import { pausePush, subscribePush, unsubscribePush } from './push.js';
import { checkQuotaOf } from './storage.js';

type AdminCommand =
  | CreateQueueCommand
  | UpdateQueueCommand
  | DeleteQueueCommand
  | PurgeQueueCommand
  | DeadLetterJobCommand
  | SubscribePushCommand
  | UnsubscribePushCommand
  | PausePushCommand
  | CreateKeyCommand
  | RevokeKeyCommand;

/** Calls that count their idempotency keys in the queue that they name. */
const OF_A_QUEUE: readonly AdminCommand['kind'][] = [
  'updateQueue',
  'purgeQueue',
  'deadLetterJob',
  'subscribePush',
  'unsubscribePush',
  'pausePush',
];

/** Rare calls: one command at a time, each awaited. */
export async function runAdmin(run: CommitGroup, command: AdminCommand): Promise<Outcome> {
  if (command.kind === 'subscribePush' && lacksQueue(run.tx, command)) {
    const refusal = await createLacking(run.tx, command);
    if (refusal !== undefined) return refusal;
  }
  const queue =
    'queue' in command && OF_A_QUEUE.includes(command.kind)
      ? run.tx.queue(command.project, command.queue)
      : undefined;
  const earlier = answerBefore(run.records, run.lookups, command, queue);
  if (earlier !== undefined) return earlier;
  const outcome = await apply(run, command);
  recordAnswer(run.records, command, queue, outcome);
  return audited(command, outcome, run.tx.nowMs, (entry) => writeAudit(run.tx.pipeline, [entry]));
}

async function apply(
  run: CommitGroup,
  command: AdminCommand,
): Promise<Outcome<AdminCommand['kind']>> {
  switch (command.kind) {
    case 'createQueue':
      return accept<'createQueue'>(await createQueue(run, command));
    case 'updateQueue':
      return accept<'updateQueue'>(await updateQueue(run, command));
    case 'purgeQueue':
      return accept<'purgeQueue'>(await purgeQueue(run, command));
    case 'deleteQueue':
      return accept<'deleteQueue'>(await deleteQueue(run, command));
    case 'deadLetterJob':
      return accept<'deadLetterJob'>(await startDeadLetterJob(run, command));
    case 'subscribePush':
      return accept<'subscribePush'>(await subscribePush(run, command));
    case 'unsubscribePush':
      return accept<'unsubscribePush'>(await unsubscribePush(run, command));
    case 'pausePush':
      return accept<'pausePush'>(await pausePush(run, command));
    case 'createKey':
      return accept<'createKey'>(await createKey(run, command));
    case 'revokeKey':
      return accept<'revokeKey'>(await revokeKey(run, command));
  }
}

async function createQueue(
  { tx }: CommitGroup,
  { project, queue: name, settings }: CreateQueueCommand,
): Promise<OutcomeOf['createQueue'] | Refusal> {
  const existing = tx.queue(project, name);
  if (existing !== undefined) {
    return compareSettings(existing, settings) ?? { queue: publicRow(existing) };
  }
  const reachableFrom = await readReachable(tx, project, settings.deadLetterQueue);
  const wanted = newSettings(name, settings, reachableFrom);
  if ('ok' in wanted) return wanted;
  const full = await checkQuotaOf(tx, project, 'queues');
  if (full !== undefined) return full;
  const deadLetterQueueId =
    wanted.deadLetterQueue === null
      ? null
      : (tx.queue(project, wanted.deadLetterQueue) as QueueEntry).id;
  return { queue: publicRow(await insertQueue(tx, project, name, wanted, deadLetterQueueId)) };
}

async function createKey(
  { tx }: CommitGroup,
  { key: { secretHash, ...key }, onlyIfNone, sealedSecret }: CreateKeyCommand,
): Promise<OutcomeOf['createKey'] | Refusal> {
  if (onlyIfNone) {
    // Nodes that start at once make one key between them.
    await tx.pipeline.query('LOCK TABLE millrace.api_keys IN SHARE ROW EXCLUSIVE MODE', []);
    const rows = await tx.pipeline.query('SELECT 1 FROM millrace.api_keys LIMIT 1', []);
    if (rows.length > 0) return { key: null, sealedSecret: null };
  }
  await endExpiredKeys(tx, key.project);
  const full = await checkQuotaOf(tx, key.project, 'keys');
  if (full !== undefined) return full;
  tx.usage.countThings(key.project, 'keys', 1);
  await tx.pipeline.query(
    `INSERT INTO millrace.api_keys
       (key_id, name, project, scopes, secret_hash, created_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [key.keyId, key.name, key.project, key.scopes.join(' '), secretHash, tx.nowMs, key.expiresAtMs],
  );
  return {
    key: { ...key, createdAtMs: tx.nowMs, revokedAtMs: null, lastUsedAtMs: null },
    sealedSecret,
  };
}

/** Keys that have expired count no more; of all that have ended, the oldest are forgotten. */
async function endExpiredKeys(tx: PostgresTransaction, project: string): Promise<void> {
  const ended = await tx.pipeline.query(
    `UPDATE millrace.api_keys SET ended_at_ms = expires_at_ms
      WHERE project = $1 AND ended_at_ms IS NULL AND expires_at_ms <= $2 RETURNING 1`,
    [project, tx.nowMs],
  );
  tx.usage.countThings(project, 'keys', -ended.length);
  tx.pipeline.send(
    `DELETE FROM millrace.api_keys WHERE key_id IN (
       SELECT key_id FROM millrace.api_keys WHERE project = $1 AND ended_at_ms IS NOT NULL
        ORDER BY ended_at_ms DESC, key_id DESC OFFSET ${ENDED_KEYS_KEPT})`,
    [project],
  );
}

async function revokeKey(
  { tx }: CommitGroup,
  { keyId }: RevokeKeyCommand,
): Promise<OutcomeOf['revokeKey'] | Refusal> {
  const ended = await tx.pipeline.query<{ project: string }>(
    `UPDATE millrace.api_keys SET ended_at_ms = $2 WHERE key_id = $1 AND ended_at_ms IS NULL
     RETURNING project`,
    [keyId, tx.nowMs],
  );
  for (const { project } of ended) tx.usage.countThings(project, 'keys', -1);
  const rows = await tx.pipeline.query(
    `UPDATE millrace.api_keys SET revoked_at_ms = coalesce(revoked_at_ms, $2)
      WHERE key_id = $1 RETURNING 1`,
    [keyId, tx.nowMs],
  );
  return rows.length === 0 ? keyNotFound(keyId) : { keyId };
}

/** What another node has written of the same minute, or of a later one, stays. */
export async function recordKeyUse(
  { tx }: CommitGroup,
  { uses }: RecordKeyUseCommand,
): Promise<OutcomeOf['recordKeyUse']> {
  const rows = await tx.pipeline.query(
    `UPDATE millrace.api_keys k SET last_used_at_ms = u.at_ms
       FROM unnest($1::text[], $2::bigint[]) AS u(key_id, at_ms)
      WHERE k.key_id = u.key_id AND coalesce(k.last_used_at_ms, 0) < u.at_ms RETURNING 1`,
    [uses.map(({ keyId }) => keyId), uses.map(({ atMs }) => atMs)],
  );
  return { recorded: rows.length };
}
