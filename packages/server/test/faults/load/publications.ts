import { answerOf, type Call, type CallsByName, isUnknown } from '../calls/calls.js';

/** All attempts of one publish: retries under one key, or a single call without a key. */
export interface Publication {
  readonly queue: string;
  readonly idempotencyKey: string | undefined;
  readonly payload: string;
  readonly attempts: Call<'publish'>[];
  readonly startedAtMs: number;
  /** Every message that came from it, known by an answer or by a delivery of its payload. */
  readonly messageIds: Set<string>;
}

export function groupPublications(calls: CallsByName): Publication[] {
  const byKey = new Map<string, Publication>();
  const all: Publication[] = [];
  for (const call of calls.publish) {
    const { queue, idempotencyKey, payload } = call.request;
    const name = idempotencyKey === undefined ? undefined : JSON.stringify([queue, idempotencyKey]);
    let publication = name === undefined ? undefined : byKey.get(name);
    if (publication === undefined) {
      const startedAtMs = call.startedAtMs;
      const messageIds = new Set<string>();
      publication = { queue, idempotencyKey, payload, attempts: [], startedAtMs, messageIds };
      all.push(publication);
      if (name !== undefined) byKey.set(name, publication);
    }
    publication.attempts.push(call);
    const answer = answerOf(call);
    if (answer !== undefined) publication.messageIds.add(answer.messageId);
  }
  return all;
}

/** One for each attempt that may have taken effect, or one in total when they share a key. */
export function messagesAtMost(publication: Publication): number {
  const effective = publication.attempts.filter(
    (call) => call.outcome.kind === 'answered' || isUnknown(call),
  ).length;
  return publication.idempotencyKey === undefined ? effective : Math.min(effective, 1);
}
