import type { Accepted, Command, Idempotency, Outcome } from '../../core/commands.js';
import { idempotencyKeyReused } from '../../core/refusal.js';
import { stillHeld } from './commands/consume.js';
import type { QueueEntry } from './rows.js';
import type { GroupTransaction } from './transaction.js';

/** What an idempotency key counts in; `queueId` is 0 for calls that belong to no queue. */
interface Scope extends Idempotency {
  readonly project: string;
  readonly queueId: number;
}

/** Expired records go a few at a time, with the groups that come by. */
const EXPIRED_PER_GROUP = 64;

/**
 * Runs a command under its idempotency key: a recorded answer is replayed, another request under
 * the same key is refused, and a success is recorded with its effect in the same transaction.
 */
export function withIdempotency<C extends Command>(
  tx: GroupTransaction,
  command: C & { readonly project: string; readonly idempotency: Idempotency | null },
  queue: QueueEntry | undefined,
  run: () => Outcome<C['kind']>,
): Outcome<C['kind']> {
  if (command.idempotency === null) return run();
  const scope: Scope = {
    ...command.idempotency,
    project: command.project,
    queueId: queue?.id ?? 0,
  };
  const recorded = find(tx, scope);
  if (recorded !== undefined) {
    if (recorded.fingerprint !== scope.fingerprint) return idempotencyKeyReused();
    const replay = replayed(tx, command, queue, JSON.parse(recorded.outcome));
    if (replay !== undefined) return replay;
  }
  const outcome = run();
  if (outcome.ok && isWorthRecording(outcome)) record(tx, scope, outcome);
  return outcome;
}

export function dropExpiredRecords(tx: GroupTransaction): void {
  tx.sql(
    `DELETE FROM idempotency WHERE (project, capability, queue_id, key) IN (
       SELECT project, capability, queue_id, key FROM idempotency
        WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ${EXPIRED_PER_GROUP})`,
  ).run(tx.nowMs);
}

function find(tx: GroupTransaction, scope: Scope) {
  return tx
    .sql(
      `SELECT fingerprint, outcome FROM idempotency
        WHERE project = ? AND capability = ? AND queue_id = ? AND key = ? AND expires_at_ms > ?`,
    )
    .get(scope.project, scope.capability, scope.queueId, scope.key, tx.nowMs) as
    | { fingerprint: string; outcome: string }
    | undefined;
}

function replayed<C extends Command>(
  tx: GroupTransaction,
  command: C,
  queue: QueueEntry | undefined,
  outcome: Accepted<C['kind']>,
): Outcome<C['kind']> | undefined {
  if (command.kind === 'consume' && queue !== undefined) {
    const given = (outcome as Accepted<'consume'>).messages;
    const messages = stillHeld(tx, queue, given);
    return messages.length === 0
      ? undefined
      : ({ ok: true, replayed: true, messages } as Outcome<C['kind']>);
  }
  if (command.kind === 'createQueue') {
    // The record goes with its queue: of one that was deleted, nothing is replayed.
    const { id } = (outcome as Accepted<'createQueue'>).queue;
    if (tx.queueById(id) === undefined) return undefined;
  }
  return { ...outcome, replayed: true };
}

/** An empty consume is not recorded: its retry may find what has come since. */
const isWorthRecording = (outcome: Accepted<Command['kind']>): boolean =>
  !('messages' in outcome) || outcome.messages.length > 0;

function record(tx: GroupTransaction, scope: Scope, outcome: Accepted<Command['kind']>): void {
  const kept =
    'messages' in outcome
      ? {
          ...outcome,
          messages: outcome.messages.map(({ messageId, receipt }) => ({ messageId, receipt })),
        }
      : outcome;
  tx.sql(
    `INSERT OR REPLACE INTO idempotency
       (project, capability, queue_id, key, fingerprint, outcome, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    scope.project,
    scope.capability,
    scope.queueId,
    scope.key,
    scope.fingerprint,
    JSON.stringify(kept),
    tx.nowMs + scope.windowMs,
  );
}
