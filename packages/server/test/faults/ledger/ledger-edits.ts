import type {
  Answers,
  CallName,
  DeliveredMessage,
  EndedEvent,
  LedgerEvent,
  Outcome,
  Requests,
  ServerEvent,
  StartedEvent,
} from './ledger-events.js';

/** A copy of the ledger with one more call, which was answered at once. */
export function addCall<N extends CallName>(
  events: readonly LedgerEvent[],
  atMs: number,
  name: N,
  request: Requests[N],
  answer: Answers[N],
): LedgerEvent[] {
  const callId =
    events.reduce((last, event) => Math.max(last, 'callId' in event ? event.callId : 0), 0) + 1;
  const outcome = { kind: 'answered', answer };
  return [
    ...events,
    { kind: 'started', callId, atMs, node: 0, name, request } as StartedEvent,
    { kind: 'ended', callId, atMs: atMs + 0.01, name, outcome } as EndedEvent,
  ];
}

export function addServerEvent(
  events: readonly LedgerEvent[],
  atMs: number,
  node: number,
  change: ServerEvent['change'],
): LedgerEvent[] {
  return [...events, { kind: 'server', atMs, node, change }];
}

export function addDelivery(
  events: readonly LedgerEvent[],
  atMs: number,
  queue: string,
  message: DeliveredMessage,
): LedgerEvent[] {
  return addCall(events, atMs, 'consume', { queue, maxMessages: 1 }, { messages: [message] });
}

/** A copy of the ledger in which one call has another outcome. */
export function changeOutcome<N extends CallName>(
  events: readonly LedgerEvent[],
  callId: number,
  outcome: Outcome<Answers[N]>,
): LedgerEvent[] {
  return events.map((event) =>
    event.kind === 'ended' && event.callId === callId
      ? ({ ...event, outcome } as EndedEvent)
      : event,
  );
}

/**
 * A copy of the ledger with every delivery changed by `change`, or dropped when that returns undefined.
 */
export function changeDeliveries(
  events: readonly LedgerEvent[],
  change: (message: DeliveredMessage) => DeliveredMessage | undefined,
): LedgerEvent[] {
  return events.map((event) => {
    if (event.kind !== 'ended' || event.name !== 'consume') return event;
    if (event.outcome.kind !== 'answered') return event;
    const messages = event.outcome.answer.messages.flatMap((message) => change(message) ?? []);
    return { ...event, outcome: { kind: 'answered', answer: { messages } } };
  });
}

export function dropCalls(
  events: readonly LedgerEvent[],
  callIds: ReadonlySet<number>,
): LedgerEvent[] {
  return events.filter((event) => event.kind === 'server' || !callIds.has(event.callId));
}

/** A copy of the ledger in which one publish has this delay. */
export function changeDelay(
  events: readonly LedgerEvent[],
  callId: number,
  delayMs: number,
): LedgerEvent[] {
  return events.map((event) =>
    event.kind === 'started' && event.callId === callId && event.name === 'publish'
      ? { ...event, request: { ...event.request, delayMs } }
      : event,
  );
}
