import type { Consumed, ConsumedQueue, Delivery } from '../api/queue.js';
import { MillraceError } from '../errors.js';
import { sleep } from '../transport/sleep.js';
import type { Condition } from './condition.js';
import type { Dispatcher } from './dispatcher.js';
import { HandledDelivery, type Workplace } from './handled-delivery.js';
import { Lease } from './lease.js';
import { persistentCall } from './persistent-call.js';
import type { ServerContact } from './server-contact.js';

/** Messages in a fetch from a FIFO queue. A message group with many must not take all the slots. */
const FIFO_FETCH = 4;
/** Deliveries that may wait for the answer to their ack, as a multiple of the concurrency. */
const SETTLING_FACTOR = 10;
/** Pause after an error that is not one of the server. */
const FAULT_PAUSE_MS = 1_000;
/** The lease when the queue does not exist yet and the worker does not say. */
const DEFAULT_LEASE_SECONDS = 30;

interface QueueFacts {
  readonly isFifo: boolean;
  readonly leaseSeconds: number;
}

/** Asks for as many messages as handlers are free, again and again. */
export class Fetcher {
  readonly #place: Workplace;
  readonly #queue: ConsumedQueue;
  readonly #dispatcher: Dispatcher;
  readonly #contact: ServerContact;
  readonly #changed: Condition;
  readonly #cutting = new AbortController();
  #facts: QueueFacts | undefined;
  #isStopping = false;
  #isFetching = false;
  #lastFetchAt: Date | undefined;
  isPaused = false;

  constructor(
    place: Workplace,
    dispatcher: Dispatcher,
    contact: ServerContact,
    changed: Condition,
  ) {
    this.#place = place;
    this.#queue = place.queue;
    this.#dispatcher = dispatcher;
    this.#contact = contact;
    this.#changed = changed;
  }

  /** When the server last answered a fetch, with messages or without. */
  get lastFetchAt(): Date | undefined {
    return this.#lastFetchAt;
  }

  get isFetching(): boolean {
    return this.#isFetching;
  }

  /** Resolves when the last fetch is over after a stop. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      await this.#changed.until(() => this.#isStopping || this.#mayFetch());
      // Handlers that end together are waited for, so that one fetch serves them all.
      await nextTurn();
      if (!this.#isStopping && this.#mayFetch()) await this.#fetch();
    }
  }

  /** Begins no more fetches. One that waits for messages ends by itself; see `cut`. */
  stop(): void {
    this.#isStopping = true;
    // An outage may last. What is being repeated would not end by itself.
    if (this.#contact.failures > 0) this.cut();
    this.#changed.notify();
  }

  /** Ends the fetch under way. Messages that are leased in this moment come back when their leases end. */
  cut(): void {
    this.#cutting.abort(new Error('the worker has stopped'));
  }

  #mayFetch(): boolean {
    const settlingMax = SETTLING_FACTOR * this.#place.settings.concurrency;
    return !this.isPaused && this.#dispatcher.free > 0 && this.#dispatcher.settling < settlingMax;
  }

  async #fetch(): Promise<void> {
    this.#isFetching = true;
    try {
      this.#facts ??= await this.#askForFacts();
      await this.#consume();
    } catch (error) {
      if (this.#isStopping) return;
      // Not a refusal of the server, which is repeated elsewhere: something here is wrong.
      console.error('millrace worker: a fetch failed:', error);
      await sleep(FAULT_PAUSE_MS);
    } finally {
      this.#isFetching = false;
    }
  }

  async #consume(): Promise<void> {
    const { settings, counters, emit } = this.#place;
    const leaseSeconds =
      settings.visibilityTimeout ?? this.#facts?.leaseSeconds ?? DEFAULT_LEASE_SECONDS;
    const { free } = this.#dispatcher;
    const fields = {
      maxMessages: this.#facts?.isFifo ? Math.min(free, FIFO_FETCH) : free,
      visibilityTimeout: leaseSeconds,
      // A lease counts from the request, so the wait must not eat it up.
      waitSeconds: Math.min(settings.waitSeconds, leaseSeconds / 4),
    };
    let leasedAtMs = performance.now();
    const consumed = await this.#persist('consume', {
      make: (options) => this.#queue.consume({ ...fields, ...options }),
      onFailure: (error) => {
        // An attempt whose answer was lost may have leased the messages that the next one gets.
        if (!error.mayHaveTakenEffect) leasedAtMs = performance.now();
      },
    });
    this.#lastFetchAt = new Date();
    const all = [...consumed.messages, ...consumed.invalid.map(({ message }) => message)];
    if (all.length === 0) return;
    counters.fetched += all.length;
    emit('fetched', { messages: all.length });
    await this.#dispatch(consumed, leasedAtMs, leaseSeconds);
  }

  async #dispatch(consumed: Consumed<unknown>, leasedAtMs: number, seconds: number) {
    const lease = (message: Delivery) =>
      new Lease(this.#queue, message, seconds * 1_000, leasedAtMs, this.#contact);
    const held = consumed.messages.map(
      (message) => new HandledDelivery(this.#place, message, lease(message)),
    );
    for (const { message, error } of consumed.invalid) {
      // The same schema would refuse the same payload again.
      void new HandledDelivery(this.#place, message, lease(message)).settle({
        kind: 'reject',
        error,
      });
    }
    if (this.#isStopping) {
      await Promise.all(held.map((delivery) => delivery.release()));
      return;
    }
    // A queue that was made by this fetch was not known before.
    this.#facts ??= await this.#askForFacts();
    this.#dispatcher.isFifo = this.#facts?.isFifo ?? false;
    this.#dispatcher.add(held);
  }

  /** @returns undefined when the queue does not exist; the fetch may create it */
  async #askForFacts(): Promise<QueueFacts | undefined> {
    try {
      const record = await this.#persist('get', {
        make: (options) => this.#queue.get(options),
        isFinal: ({ code }) => code === 'QUEUE_NOT_FOUND',
      });
      return { isFifo: record.type === 'fifo', leaseSeconds: record.visibilityTimeoutDefault };
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'QUEUE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  #persist<Data>(
    name: string,
    call: {
      make: Parameters<typeof persistentCall<Data>>[0]['make'];
      isFinal?: (error: MillraceError) => boolean;
      onFailure?: (error: MillraceError) => void;
    },
  ): Promise<Data> {
    return persistentCall<Data>({
      name,
      contact: this.#contact,
      signal: this.#cutting.signal,
      make: call.make,
      isFinal: (error) => this.#isStopping || (call.isFinal?.(error) ?? false),
      onFailure: (error) => {
        call.onFailure?.(error);
        if (this.#isStopping) this.cut();
      },
    });
  }
}

/** Lets everything run that is ready, which a resolved promise would not. */
const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (done: () => void) => void };
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
