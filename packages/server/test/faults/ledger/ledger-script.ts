import { Ledger } from './ledger.js';
import type {
  Answers,
  CallName,
  LedgerEvent,
  Outcome,
  Requests,
  ServerEvent,
} from './ledger-events.js';

/** Writes a ledger by hand, call by call, on a clock that only the script moves. */
export class LedgerScript {
  #nowMs = 0;
  readonly #ledger = new Ledger({ nowMs: () => this.#nowMs });

  get events(): LedgerEvent[] {
    return this.#ledger.events;
  }

  /** One call that started and ended at the given times. */
  call<N extends CallName>(
    [startedAtMs, endedAtMs]: readonly [number, number],
    name: N,
    request: Requests[N],
    outcome: Outcome<Answers[N]> | Answers[N],
  ): this {
    this.#nowMs = startedAtMs;
    const callId = this.#ledger.started(0, name, request);
    this.#nowMs = endedAtMs;
    const ending = 'kind' in outcome ? outcome : ({ kind: 'answered', answer: outcome } as const);
    this.#ledger.ended(callId, name, ending as Outcome<Answers[N]>);
    return this;
  }

  create(settings: Partial<Requests['create']> = {}): this {
    const request = { queue: 'q', maxRetries: 3, visibilityTimeoutMs: 1_000, ...settings };
    return this.call([0, 1], 'create', request, {});
  }

  publish(atMs: number, messageId: string, request: Partial<Requests['publish']> = {}): this {
    const full = { queue: 'q', payload: payloadOf(messageId), ...request };
    return this.call([atMs, atMs + 1], 'publish', full, { messageId });
  }

  /** One delivery; its receipt is named after the message and the count unless one is given. */
  deliver(
    atMs: number,
    messageId: string,
    deliveryCount: number,
    {
      receipt = `${messageId}-r${deliveryCount}`,
      payload = payloadOf(messageId),
      queue = 'q',
    } = {},
  ): this {
    const message = { messageId, payload, receipt, deliveryCount };
    const request = { queue, maxMessages: 1 };
    return this.call([atMs, atMs + 1], 'consume', request, { messages: [message] });
  }

  ack(atMs: number, messageId: string, receipt: string, acked = true): this {
    const request = { queue: 'q', messageId, receipt };
    return this.call([atMs, atMs + 1], 'ack', request, { acked });
  }

  nack(atMs: number, messageId: string, receipt: string, requeued = true): this {
    const request = { queue: 'q', messageId, receipt };
    return this.call([atMs, atMs + 1], 'nack', request, { nacked: true, requeued });
  }

  restart(downAtMs: number, upAtMs: number): this {
    this.server(downAtMs, 'killed');
    this.server(upAtMs, 'starting');
    return this.server(upAtMs + 100, 'ready');
  }

  server(atMs: number, change: ServerEvent['change'], node = 0): this {
    this.#nowMs = atMs;
    this.#ledger.serverChanged(node, change);
    return this;
  }

  stats(counts: Partial<Answers['stats']> = {}, queue = 'q'): this {
    const answer = { available: 0, inFlight: 0, delayed: 0, dlq: 0, ...counts };
    return this.call([99_998, 99_999], 'stats', { queue }, answer);
  }
}

export function payloadOf(messageId: string): string {
  return `{"token":"${messageId}"}`;
}

export const LOST: Outcome<never> = { kind: 'failed', sent: true, reason: 'ECONNRESET' };
export const NEVER_SENT: Outcome<never> = { kind: 'failed', sent: false, reason: 'ECONNREFUSED' };

export function refused(status: number, code: string): Outcome<never> {
  return { kind: 'refused', status, code };
}
