import type { Accepted, Command, Idempotency, LeasedMessage, Outcome } from './commands.js';
import { idempotencyKeyReused } from './refusal.js';
import type { AnswerRecords, QueueEntry } from './transaction.js';

/** What a replay has to look up: some answers hold only as long as what they speak of. */
export interface ReplayLookups {
  /** Those messages of an earlier consume that are still held under the receipts it gave. */
  stillHeld(
    queue: QueueEntry,
    given: readonly { messageId: string; receipt: string }[],
  ): LeasedMessage[];
  queueExists(id: number): boolean;
}

/**
 * Runs a command under its idempotency key: a recorded answer is replayed, another request under
 * the same key is refused, and a success is recorded with its effect in the same transaction.
 */
export function withIdempotency<C extends Command>(
  records: AnswerRecords,
  lookups: ReplayLookups,
  command: C & { readonly project: string; readonly idempotency: Idempotency | null },
  queue: QueueEntry | undefined,
  run: () => Outcome<C['kind']>,
): Outcome<C['kind']> {
  if (command.idempotency === null) return run();
  const scope = { ...command.idempotency, project: command.project, queueId: queue?.id ?? 0 };
  const recorded = records.find(scope);
  if (recorded !== undefined) {
    if (recorded.fingerprint !== scope.fingerprint) return idempotencyKeyReused();
    const replay = replayed(lookups, command, queue, JSON.parse(recorded.outcome));
    if (replay !== undefined) return replay;
  }
  const outcome = run();
  if (outcome.ok && isWorthRecording(outcome)) {
    records.put(scope, { fingerprint: scope.fingerprint, outcome: JSON.stringify(kept(outcome)) });
  }
  return outcome;
}

function replayed<C extends Command>(
  lookups: ReplayLookups,
  command: C,
  queue: QueueEntry | undefined,
  outcome: Accepted<C['kind']>,
): Outcome<C['kind']> | undefined {
  if (command.kind === 'consume' && queue !== undefined) {
    const messages = lookups.stillHeld(queue, (outcome as Accepted<'consume'>).messages);
    return messages.length === 0
      ? undefined
      : ({ ok: true, replayed: true, messages } as Outcome<C['kind']>);
  }
  // The record goes with its queue: of one that was deleted, nothing is replayed.
  if (command.kind === 'createQueue') {
    const { id } = (outcome as Accepted<'createQueue'>).queue;
    if (!lookups.queueExists(id)) return undefined;
  }
  return { ...outcome, replayed: true };
}

/** An empty consume is not recorded: its retry may find what has come since. */
const isWorthRecording = (outcome: Accepted<Command['kind']>): boolean =>
  !('messages' in outcome) || outcome.messages.length > 0;

function kept(outcome: Accepted<Command['kind']>): object {
  if (!('messages' in outcome)) return outcome;
  const messages = outcome.messages.map(({ messageId, receipt }) => ({ messageId, receipt }));
  return { ...outcome, messages };
}
