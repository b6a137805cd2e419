import { checkRecordRoom } from '../limits/record-room.js';
import type { QueueEntry } from '../queue/queue-entry.js';
import type { AnswerRecords, RecordScope } from '../queue/transaction.js';
import { idempotencyKeyReused } from '../refusal.js';
import type { Accepted, Command, ConsumeCommand, LeasedMessage, Outcome } from './commands.js';

/** The lookups that a replay needs: some answers are valid only while what they describe exists. */
export interface ReplayLookups {
  /**
   * Those messages of an earlier consume that are still leased under the receipts it gave; or the bytes
   * they take in an answer, if that is more than a strict command allows.
   */
  stillHeld(
    queue: QueueEntry,
    command: ConsumeCommand,
    given: readonly { messageId: string; receipt: string }[],
  ): readonly LeasedMessage[] | { readonly needsBytes: number };
  queueExists(id: number): boolean;
}

type Recordable = Extract<Command, { idempotency: unknown }>;

/**
 * Runs a command under its idempotency key: a recorded answer is replayed, another request under
 * the same key is refused, and a success is recorded with its effect in the same transaction.
 */
export function withIdempotency<C extends Recordable>(
  records: AnswerRecords,
  lookups: ReplayLookups,
  command: C,
  queue: QueueEntry | undefined,
  run: () => Outcome<C['kind']>,
): Outcome<C['kind']> {
  const earlier = answerBefore(records, lookups, command, queue);
  if (earlier !== undefined) return earlier;
  const outcome = run();
  recordAnswer(records, command, queue, outcome);
  return outcome;
}

/**
 * The answer that makes running the command unnecessary: a replay, or a refusal because there is no room
 * for its record.
 */
export const answerBefore = <C extends Recordable>(
  records: AnswerRecords,
  lookups: ReplayLookups,
  command: C,
  queue: QueueEntry | undefined,
): Outcome<C['kind']> | undefined =>
  command.idempotency === null
    ? undefined
    : (replayOrReuse(records, lookups, command, queue) ?? checkRecordRoom(records.room, command));

/** The answer of an earlier request under the same key, if there is one. */
export function replayOrReuse<C extends Recordable>(
  records: AnswerRecords,
  lookups: ReplayLookups,
  command: C,
  queue: QueueEntry | undefined,
): Outcome<C['kind']> | undefined {
  const scope = recordScope(command, queue);
  const recorded = scope === undefined ? undefined : records.find(scope);
  if (scope === undefined || recorded === undefined) return undefined;
  const outcome = JSON.parse(recorded.outcome);
  // Earlier versions recorded a delete that found nothing.
  if (!isWorthRecording(command, outcome) || hasGone(lookups, command, outcome)) return undefined;
  if (recorded.fingerprint !== scope.fingerprint) return idempotencyKeyReused();
  return replayed(lookups, command, queue, outcome);
}

export function recordAnswer<C extends Recordable>(
  records: AnswerRecords,
  command: C,
  queue: QueueEntry | undefined,
  outcome: Outcome<C['kind']>,
): void {
  const scope = recordScope(command, queue);
  if (scope === undefined || !outcome.ok || !isWorthRecording(command, outcome)) return;
  const answer = { fingerprint: scope.fingerprint, outcome: JSON.stringify(kept(outcome)) };
  records.put(scope, answer, recordEndMs(outcome, records.nowMs + scope.windowMs));
}

/**
 * When a record ends: with its window, or for a consume with the last of the leases that it gave, since
 * only held messages are given again. An extended lease does not move the end: to find the record of
 * each lease would cost an index, and whoever extends a lease has had the answer.
 */
const recordEndMs = (outcome: Accepted<Command['kind']>, windowEndMs: number): number =>
  'messages' in outcome
    ? Math.max(...outcome.messages.map(({ leaseExpiresAtMs }) => leaseExpiresAtMs))
    : windowEndMs;

/** The scope in which the command's idempotency key is unique; undefined if it has no key. */
export function recordScope(
  command: Recordable,
  queue: QueueEntry | undefined,
): RecordScope | undefined {
  const { project, idempotency } = command;
  if (idempotency === null) return undefined;
  const scope = { ...idempotency, project, queueId: queue?.id ?? 0 };
  // The record of a delete outlives the queue and its id, so that a retry does not delete a queue
  // created again under the same name.
  return command.kind === 'deleteQueue'
    ? { ...scope, key: `${command.queue} ${idempotency.key}` }
    : scope;
}

/** The record of a create is valid only while the queue that it created exists. */
const hasGone = (
  lookups: ReplayLookups,
  command: Recordable,
  outcome: Accepted<Command['kind']>,
): boolean =>
  command.kind === 'createQueue' &&
  !lookups.queueExists((outcome as Accepted<'createQueue'>).queue.id);

function replayed<C extends Command>(
  lookups: ReplayLookups,
  command: C,
  queue: QueueEntry | undefined,
  outcome: Accepted<C['kind']>,
): Outcome<C['kind']> | undefined {
  if (command.kind === 'consume' && queue !== undefined) {
    const held = lookups.stillHeld(queue, command, (outcome as Accepted<'consume'>).messages);
    if ('needsBytes' in held) {
      return { ok: true, replayed: true, messages: [], ...held } as Outcome<C['kind']>;
    }
    return held.length === 0
      ? undefined
      : ({ ok: true, replayed: true, messages: held } as Outcome<C['kind']>);
  }
  return { ...outcome, replayed: true };
}

/**
 * A consume that found no messages is not recorded, nor is a delete that found no queue: the retry acts
 * on what has come since.
 */
function isWorthRecording(command: Recordable, outcome: Accepted<Command['kind']>): boolean {
  if (command.kind === 'deleteQueue') return (outcome as Accepted<'deleteQueue'>).deleted;
  return !('messages' in outcome) || outcome.messages.length > 0;
}

function kept(outcome: Accepted<Command['kind']>): object {
  if (!('messages' in outcome)) return outcome;
  const messages = outcome.messages.map(({ messageId, receipt }) => ({ messageId, receipt }));
  return { ...outcome, messages };
}
