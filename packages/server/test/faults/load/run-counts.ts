import { answerOf, type Call, isUnknown, pairCalls, succeeded } from '../calls/calls.js';
import type { LedgerEvent } from '../ledger/ledger-events.js';

export interface RunCounts {
  readonly calls: number;
  readonly published: number;
  readonly delivered: number;
  /** The deliveries that came from FIFO queues. */
  readonly inOrder: number;
  readonly acked: number;
  /** Calls whose effect is unknown, because their answer was lost. */
  readonly unknown: number;
  /** Kills that were followed by a start. */
  readonly restarts: number;
}

export function countRun(events: readonly LedgerEvent[]): RunCounts {
  const calls = pairCalls(events);
  const all = (Object.values(calls) as (readonly Call[])[]).flat();
  const messageIds = calls.publish.flatMap((call) => answerOf(call)?.messageId ?? []);
  const messages = calls.consume.flatMap((call) => answerOf(call)?.messages ?? []);
  const fifo = new Set(
    calls.create.flatMap(({ request }) => (request.type === 'fifo' ? [request.queue] : [])),
  );
  const inOrder = calls.consume
    .filter(({ request }) => fifo.has(request.queue))
    .flatMap((call) => answerOf(call)?.messages ?? []);
  const starts = events.flatMap((event) =>
    event.kind === 'server' && event.change === 'starting' ? [event.node] : [],
  );
  return {
    calls: all.length,
    published: new Set(messageIds).size,
    delivered: messages.length,
    inOrder: inOrder.length,
    acked: calls.ack.filter(succeeded).length,
    unknown: all.filter(isUnknown).length,
    restarts: starts.length - new Set(starts).size,
  };
}
