import { reference } from '../api/message-options.js';
import type { ConsumedQueue, Delivery } from '../api/queue.js';
import { LIMITS } from '../contract/limits.js';
import { textOf } from '../errors.js';
import type { WorkerCounters } from './counters.js';
import type { Emit, WorkerEvents } from './events.js';
import type { Lease } from './lease.js';
import { delayWithin, type WorkerSettings } from './options.js';
import {
  type AbortCode,
  HandlerAborted,
  type Outcome,
  outcomeOfFailure,
  Reject,
  Retry,
} from './outcomes.js';
import type { Settler } from './settling/settler.js';

/** What a handler gets beside its message. */
export interface HandlerContext {
  /** Is aborted, with a HandlerAborted as its reason, when the work is no longer wanted. */
  readonly signal: AbortSignal;
  /** The trace that the publisher passed on. */
  readonly traceparent: string | undefined;
}

/** Does the work of a message. What it throws is a failure of the message. */
export type Handler<T> = (message: Delivery<T>, context: HandlerContext) => unknown;

/** What the deliveries of a worker share. */
export interface Workplace {
  readonly queue: ConsumedQueue;
  readonly handler: Handler<unknown>;
  readonly settings: WorkerSettings;
  readonly settler: Settler;
  readonly counters: WorkerCounters;
  readonly emit: Emit;
}

/** Where the message is in the end. The first two free its message group, the others end a batch of it. */
export type Ending = 'acked' | 'deadLettered' | 'retried' | 'released' | 'lost';

const MESSAGES: Record<AbortCode, string> = {
  LEASE_LOST: 'somebody else may have the message now',
  TIME_LIMIT: 'the handler has exceeded its time limit',
  STOPPING: 'the worker stops',
};

/** One delivery in the hands of the worker, from the lease to the answer of the server. */
export class HandledDelivery {
  readonly #place: Workplace;
  readonly message: Delivery;
  /** When the worker got it. */
  readonly takenAtMs = performance.now();
  readonly #lease: Lease;
  /** How it ends without its handler. */
  readonly #outcome: Outcome | undefined;
  /** Made only for handlers that look at their signal, since making it takes as long as all the rest. */
  #controller: AbortController | undefined;
  #abortReason: HandlerAborted | undefined;
  #aborted: AbortCode | undefined;
  #isCertainlyLost = false;
  #conclude: ((outcome: Outcome) => void) | undefined;

  constructor(place: Workplace, message: Delivery, lease: Lease, outcome?: Outcome) {
    this.#place = place;
    this.message = message;
    this.#lease = lease;
    this.#outcome = outcome;
    lease.onLost = (isCertain) => {
      this.#isCertainlyLost = isCertain;
      this.abort('LEASE_LOST');
    };
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  /** Nothing can be done with it any more. */
  get isLost(): boolean {
    return this.#aborted === 'LEASE_LOST';
  }

  get messageGroup(): string {
    return this.message.messageGroupId ?? '';
  }

  /** Does the work. @returns how the handler ended, which is still to be settled */
  async handle(): Promise<Outcome> {
    if (this.isLost || (this.#lease.isDoubtful && !(await this.#lease.renew()))) {
      return { kind: 'none' };
    }
    if (this.#outcome) return this.#outcome;
    const { handlerTimeoutMs } = this.#place.settings;
    let limit: ReturnType<typeof setTimeout> | undefined;
    const concluded = new Promise<Outcome>((resolve) => {
      this.#conclude = resolve;
      if (handlerTimeoutMs !== undefined) {
        limit = setTimeout(() => this.#exceededLimit(), handlerTimeoutMs);
      }
      // What is thrown may fail when it is looked at. Then the lease runs out by itself.
      void this.#callHandler().then(resolve, () => resolve({ kind: 'none' }));
    });
    const outcome = await concluded;
    clearTimeout(limit);
    this.#conclude = undefined;
    return outcome;
  }

  /** Tells the handler that its work is no longer wanted. */
  abort(code: AbortCode): void {
    this.#aborted ??= code;
    this.#abortReason ??= new HandlerAborted(code, MESSAGES[code]);
    this.#controller?.abort(this.#abortReason);
  }

  /** Waits for the handler no longer: the message is returned. */
  abandon(): void {
    this.#conclude?.({ kind: 'release' });
  }

  /** Reports the outcome to the server, which takes as long as the server is away. */
  async settle(outcome: Outcome): Promise<Ending> {
    try {
      return await this.#report(outcome);
    } catch {
      // The call was given up, which the worker has said already.
      return this.#lost();
    } finally {
      this.#lease.stop();
    }
  }

  /** Returns the message without a failure. */
  async release(): Promise<Ending> {
    this.#lease.stop();
    try {
      const retries = { totalMs: 3_000 };
      await this.#place.queue.extend(reference(this.message), 0, { retries, timeoutMs: 3_000 });
    } catch {
      // It runs out by itself, or somebody else has the message already.
      return 'lost';
    }
    return this.#ended('released', {});
  }

  /** The server has taken the lease away, since an earlier message of the group comes back. */
  forget(): void {
    this.#lease.stop();
  }

  async #callHandler(): Promise<Outcome> {
    const { handler, settings } = this.#place;
    try {
      await handler(this.message, contextOf(this));
      // By this machine's clock alone a lease is not lost for certain: the server knows.
      return { kind: this.#isCertainlyLost ? 'none' : 'ack' };
    } catch (error) {
      const backoff = () => settings.backoff(this.message.deliveryCount, error);
      return outcomeOfFailure(error, this.#aborted, backoff);
    }
  }

  #exceededLimit(): void {
    if (this.#aborted !== undefined) return;
    this.abort('TIME_LIMIT');
    this.#place.counters.timedOut += 1;
    const error = this.#abortReason;
    const delaySeconds = this.#place.settings.backoff(this.message.deliveryCount, error);
    this.#conclude?.({ kind: 'nack', error, delaySeconds });
  }

  async #report(outcome: Outcome): Promise<Ending> {
    const { settler } = this.#place;
    const delivery = reference(this.message);
    if (outcome.kind === 'none') return this.#lost();
    if (outcome.kind === 'release') return this.release();
    if (outcome.kind === 'ack') {
      const isDone = await settler.ack(delivery);
      return isDone ? this.#ended('acked', {}) : this.#lost();
    }
    const { error } = outcome;
    const how =
      outcome.kind === 'reject'
        ? { requeue: false }
        : { delaySeconds: delayWithin(outcome.delaySeconds) };
    const result = await settler.nack({ ...delivery, ...how, error: lastErrorOf(error) });
    if (!result.nacked) return this.#lost();
    return result.requeued
      ? this.#ended('retried', { error, delaySeconds: how.delaySeconds ?? 0 })
      : this.#ended('deadLettered', { error });
  }

  #ended<Name extends Exclude<Ending, 'lost'>>(
    name: Name,
    event: Omit<WorkerEvents[Name], 'message'>,
  ): Name {
    this.#place.counters[name] += 1;
    this.#place.emit(name, { message: this.message, ...event } as WorkerEvents[Name]);
    return name;
  }

  #lost(): Ending {
    this.#place.counters.leasesLost += 1;
    this.#place.emit('leaseLost', { message: this.message });
    return 'lost';
  }
}

/** Asks the delivery for its signal only when the handler does. */
const contextOf = (delivery: HandledDelivery): HandlerContext => ({
  traceparent: delivery.message.headers?.traceparent,
  get signal() {
    return delivery.signal;
  },
});

/** The text that is kept with the message. */
function lastErrorOf(error: unknown): string {
  const isOwn =
    error instanceof Retry || error instanceof Reject || error instanceof HandlerAborted;
  return (isOwn ? error.message : textOf(error)).slice(0, LIMITS.lastErrorMaxChars);
}
