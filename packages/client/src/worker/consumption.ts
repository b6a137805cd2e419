import type { Consumed, ConsumedQueue } from '../api/queue.js';
import type { QueueRecord } from '../contract/types.js';
import type { MillraceError } from '../errors.js';
import type { WorkerSettings } from './options.js';
import type { ServerContact } from './server-contact.js';
import { persistentCall } from './settling/persistent-call.js';

/** The lease when the queue does not exist yet and the worker does not say. */
const DEFAULT_LEASE_SECONDS = 30;

/** A queue may be deleted and created again as another one, or updated. */
const RECORD_MAX_AGE_MS = 5_000;

export interface Leased {
  readonly consumed: Consumed<unknown>;
  readonly leaseSeconds: number;
  /** The earliest time at which the messages may have been leased. */
  readonly leasedAtMs: number;
  readonly isFifo: boolean;
}

/** Leases messages of the queue, for as many attempts as it takes. */
export class Consumption {
  readonly #queue: ConsumedQueue;
  readonly #settings: WorkerSettings;
  readonly #contact: ServerContact;
  readonly #cutting = new AbortController();
  /** The queue as it was when it was last asked for; undefined while it does not exist. */
  #record: QueueRecord | undefined;
  #asksAgainAtMs = performance.now() + RECORD_MAX_AGE_MS;
  #isStopping = false;

  constructor(queue: ConsumedQueue, settings: WorkerSettings, contact: ServerContact) {
    this.#queue = queue;
    this.#settings = settings;
    this.#contact = contact;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  get isFifo(): boolean {
    return this.#record?.type === 'fifo';
  }

  /** Repeats nothing any more. A call that waits for messages ends by itself; see `cut`. */
  stop(): void {
    this.#isStopping = true;
    // An outage may last. What is being repeated would not end by itself.
    if (this.#contact.failures > 0) this.cut();
  }

  /** Ends the calls under way. Messages that are leased in this moment come back when their leases end. */
  cut(): void {
    this.#cutting.abort(new Error('the worker has stopped'));
  }

  /** Learns what kind of queue it is, unless the queue does not exist yet. */
  async learn(): Promise<void> {
    this.#record ??= await this.#askForRecord();
  }

  async consume(maxMessages: number): Promise<Leased> {
    const leaseSeconds =
      this.#settings.visibilityTimeout ??
      this.#record?.visibilityTimeoutDefault ??
      DEFAULT_LEASE_SECONDS;
    const fields = {
      maxMessages,
      visibilityTimeout: leaseSeconds,
      // A lease counts from the request, so the wait must not eat it up.
      waitSeconds: Math.min(this.#settings.waitSeconds, leaseSeconds / 4),
    };
    let leasedAtMs = performance.now();
    let mayBeLeased = false;
    const consumed = await this.#persist<Consumed<unknown>>({
      name: 'consume',
      make: (options) => this.#queue.consume({ ...fields, ...options }),
      onFailure: (error) => {
        // An attempt whose answer was lost may have leased the messages that a later one gets.
        mayBeLeased ||= error.mayHaveTakenEffect;
        if (!mayBeLeased) leasedAtMs = performance.now();
      },
    });
    // A queue that this call has created was not known before, and an old one may be another one now.
    if (consumed.messages.length > 0) {
      await this.learn();
      await this.#askAgain();
    }
    return { consumed, leaseSeconds, leasedAtMs, isFifo: this.isFifo };
  }

  /** @returns undefined when the queue does not exist; a consume may create it */
  #askForRecord(): Promise<QueueRecord | undefined> {
    return this.#persist<QueueRecord | undefined>({
      name: 'get',
      make: (options) => this.#queue.get(options),
      isFinal: ({ code }) => code === 'QUEUE_NOT_FOUND',
    }).catch((error) => {
      if (error.code !== 'QUEUE_NOT_FOUND') throw error;
      return undefined;
    });
  }

  /** The leases of the messages in hand are running, so a failure leaves it at what is known. */
  async #askAgain(): Promise<void> {
    if (performance.now() < this.#asksAgainAtMs) return;
    this.#asksAgainAtMs = performance.now() + RECORD_MAX_AGE_MS;
    const asked = this.#queue.get({ retries: false, timeoutMs: 1_000 });
    this.#record = await asked.catch(() => this.#record);
  }

  #persist<Data>({
    isFinal,
    onFailure,
    ...call
  }: {
    name: string;
    make: (options: object) => Promise<Data>;
    isFinal?: (error: MillraceError) => boolean;
    onFailure?: (error: MillraceError) => void;
  }): Promise<Data> {
    return persistentCall<Data>({
      ...call,
      contact: this.#contact,
      signal: this.#cutting.signal,
      isFinal: (error) => this.#isStopping || !!isFinal?.(error),
      onFailure: (error) => {
        onFailure?.(error);
        if (this.#isStopping) this.cut();
      },
    });
  }
}
