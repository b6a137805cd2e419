import { answerOf, type Call, isUnknown } from '../calls/calls.js';
import { type History, type MessageHistory, queueChain } from '../ledger/ledger-history.js';

/** Finds in the ledger the purges and deletions of queues, which remove their messages. */

type Emptying = Call<'purge' | 'delete'>;

function emptyingsOf(history: History, queues: readonly string[]): Emptying[] {
  const { purge, delete: deletes } = history.calls;
  return ([...purge, ...deletes] as Emptying[]).filter(
    (call) => queues.includes(call.request.queue) && (isUnknown(call) || emptied(call)),
  );
}

function emptied(call: Emptying): boolean {
  const answer = answerOf(call);
  return answer !== undefined && (!('deleted' in answer) || answer.deleted);
}

/** Whether the message may have been removed with its queue, by the calls started by then. */
export function mayBePurged(history: History, message: MessageHistory, byMs: number): boolean {
  const { publication } = message;
  if (publication === undefined) return false;
  return emptyingsOf(history, queueChain(history, publication.queue)).some(
    (call) => call.startedAtMs < byMs && call.endedAtMs > publication.startedAtMs,
  );
}

/** The first purge that certainly removed it, if it was still in the queue it was published to. */
export function surelyPurgedBy(history: History, message: MessageHistory): Emptying | undefined {
  const { publication } = message;
  if (publication === undefined) return undefined;
  const answeredAtMs = Math.min(
    ...publication.attempts
      .filter((call) => answerOf(call) !== undefined)
      .map(({ endedAtMs }) => endedAtMs),
  );
  return emptyingsOf(history, [publication.queue])
    .filter((call) => emptied(call) && call.startedAtMs > answeredAtMs)
    .sort((a, b) => a.endedAtMs - b.endedAtMs)[0];
}

/** Whether a queue may have been deleted by then; its name is never used again. */
export function mayBeDeleted(history: History, queue: string, byMs: number): boolean {
  return history.calls.delete.some(
    (call) =>
      call.request.queue === queue && call.startedAtMs < byMs && (isUnknown(call) || emptied(call)),
  );
}
