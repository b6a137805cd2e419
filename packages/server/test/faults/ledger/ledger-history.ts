import { answerOf, type Call, type CallsByName, isUnknown, pairCalls } from '../calls/calls.js';
import { groupPublications, type Publication } from '../load/publications.js';
import { valuesBetween, valuesEver } from '../load/queue-settings.js';
import type { CreateRequest, LedgerEvent } from './ledger-events.js';

/** One receipt of one message. A replayed consume shows the same delivery again. */
export interface Delivery {
  readonly messageId: string;
  readonly queue: string;
  readonly receipt: string;
  readonly deliveryCount: number;
  readonly payload: string;
  readonly visibilityTimeoutMs: number;
  /** The earliest time at which the lease can have begun. */
  leasedNoEarlierThanMs: number;
  answeredAtMs: number;
  readonly showings: Call<'consume'>[];
}

export interface MessageHistory {
  readonly messageId: string;
  publication: Publication | undefined;
  /** In the order in which the server must have made them. */
  deliveries: Delivery[];
  readonly acks: Call<'ack'>[];
  readonly nacks: Call<'nack'>[];
  readonly extends: Call<'extend'>[];
}

export interface History {
  readonly events: readonly LedgerEvent[];
  readonly calls: CallsByName;
  readonly queues: ReadonlyMap<string, CreateRequest>;
  readonly publications: readonly Publication[];
  readonly messages: ReadonlyMap<string, MessageHistory>;
  /** Each of them may have leased messages that no client ever saw. */
  readonly unknownConsumes: readonly Call<'consume'>[];
}

export function buildHistory(events: readonly LedgerEvent[]): History {
  const calls = pairCalls(events);
  const queues = new Map(calls.create.map((call) => [call.request.queue, call.request]));
  const publications = groupPublications(calls);
  const messages = new Map<string, MessageHistory>();
  for (const publication of publications) {
    for (const messageId of publication.messageIds) {
      messageOf(messages, messageId).publication ??= publication;
    }
  }
  collectDeliveries(calls, queues, messages);
  for (const call of calls.ack) messageOf(messages, call.request.messageId).acks.push(call);
  for (const call of calls.nack) messageOf(messages, call.request.messageId).nacks.push(call);
  for (const call of calls.extend) messageOf(messages, call.request.messageId).extends.push(call);
  adoptUnansweredPublications(publications, messages);
  const unknownConsumes = calls.consume.filter(isUnknown);
  const history: History = { events, calls, queues, publications, messages, unknownConsumes };
  for (const message of messages.values()) {
    message.deliveries.sort((a, b) => compareDeliveries(history, message, a, b));
    const earliestMs = message.publication?.startedAtMs ?? 0;
    for (const delivery of message.deliveries) {
      // A long poll may have begun well before the message existed, but its lease cannot have.
      delivery.leasedNoEarlierThanMs = Math.max(delivery.leasedNoEarlierThanMs, earliestMs);
    }
  }
  return history;
}

/**
 * The queues that a message may pass: the one it was published to, then the dead-letter queues behind
 * it.
 */
export function queueChain(history: History, queue: string): string[] {
  const chain = new Set([queue]);
  // Names added during the loop are visited as well.
  for (const name of chain) {
    for (const next of valuesEver(history, name, 'deadLetterQueue')) {
      if (next !== undefined) chain.add(next);
    }
  }
  return [...chain];
}

/** Negative when the server must have made `a` before `b`. */
export function compareDeliveries(
  history: History,
  message: MessageHistory,
  a: Delivery,
  b: Delivery,
): number {
  if (a.queue === b.queue) return a.deliveryCount - b.deliveryCount;
  const chain = queueChain(history, message.publication?.queue ?? a.queue);
  return chain.indexOf(a.queue) - chain.indexOf(b.queue);
}

/** The number of deliveries that clients may not have seen: each needs a consume with a lost answer. */
export function hiddenDeliveriesAtMost(
  history: History,
  queues: readonly string[],
  sinceMs: number,
): number {
  return history.unknownConsumes.filter(
    (call) => queues.includes(call.request.queue) && mayActAfter(call, sinceMs),
  ).length;
}

/**
 * A request whose connection broke cannot take effect much later; one that timed out can at any time.
 */
function mayActAfter(call: Call, sinceMs: number): boolean {
  const broke = call.outcome.kind === 'failed' && call.outcome.reason !== 'timeout';
  return !broke || call.endedAtMs + 5_000 >= sinceMs;
}

function collectDeliveries(
  calls: CallsByName,
  queues: ReadonlyMap<string, CreateRequest>,
  messages: Map<string, MessageHistory>,
): void {
  const firstStartByKey = new Map<string, number>();
  const shortestMs = ({ request, endedAtMs }: Call<'consume'>, sinceMs: number): number => {
    const settings = [{ calls, queues }, request.queue, 'visibilityTimeoutMs'] as const;
    return Math.min(...valuesBetween(...settings, sinceMs, endedAtMs).map((value) => value ?? 0));
  };
  for (const call of calls.consume) {
    const { queue, idempotencyKey, visibilityTimeoutMs } = call.request;
    // The lease may come from an earlier attempt under this key, whose answer was lost.
    const keyName = JSON.stringify([queue, idempotencyKey ?? call.id]);
    const startedAtMs = firstStartByKey.get(keyName) ?? call.startedAtMs;
    firstStartByKey.set(keyName, startedAtMs);
    for (const shown of answerOf(call)?.messages ?? []) {
      const message = messageOf(messages, shown.messageId);
      const known = message.deliveries.find(
        (delivery) => delivery.receipt === shown.receipt && delivery.queue === queue,
      );
      if (known !== undefined) {
        known.showings.push(call);
        continue;
      }
      message.deliveries.push({
        ...shown,
        queue,
        visibilityTimeoutMs: visibilityTimeoutMs ?? shortestMs(call, startedAtMs),
        leasedNoEarlierThanMs: startedAtMs,
        answeredAtMs: call.endedAtMs,
        showings: [call],
      });
    }
  }
}

/** A publish without a readable answer is recognised by its payload, which no other publish has. */
function adoptUnansweredPublications(
  publications: readonly Publication[],
  messages: Map<string, MessageHistory>,
): void {
  const byPayload = new Map<string, Publication>();
  for (const publication of publications) byPayload.set(publication.payload, publication);
  for (const message of messages.values()) {
    const payload = message.deliveries[0]?.payload;
    if (message.publication !== undefined || payload === undefined) continue;
    const publication = byPayload.get(payload);
    if (publication === undefined) continue;
    message.publication = publication;
    publication.messageIds.add(message.messageId);
  }
}

function messageOf(messages: Map<string, MessageHistory>, messageId: string): MessageHistory {
  let message = messages.get(messageId);
  if (message === undefined) {
    message = {
      messageId,
      publication: undefined,
      deliveries: [],
      acks: [],
      nacks: [],
      extends: [],
    };
    messages.set(messageId, message);
  }
  return message;
}
