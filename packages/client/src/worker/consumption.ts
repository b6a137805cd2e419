import type { Consumed, ConsumedQueue } from '../api/queue.js';
import { MillraceError } from '../errors.js';
import type { WorkerSettings } from './options.js';
import type { ServerContact } from './server-contact.js';
import { persistentCall } from './settling/persistent-call.js';

/** The lease when the queue does not exist yet and the worker does not say. */
const DEFAULT_LEASE_SECONDS = 30;

/** A queue may be deleted and created again as another one, or updated. */
const FACTS_MAX_AGE_MS = 5_000;

interface QueueFacts {
  readonly isFifo: boolean;
  readonly leaseSeconds: number;
}

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
  #facts: QueueFacts | undefined;
  #factsEndMs = 0;
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
    return this.#facts?.isFifo ?? false;
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
    this.#facts ??= await this.#askForFacts();
  }

  async consume(maxMessages: number): Promise<Leased> {
    const leaseSeconds =
      this.#settings.visibilityTimeout ?? this.#facts?.leaseSeconds ?? DEFAULT_LEASE_SECONDS;
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
    if (consumed.messages.length > 0 && performance.now() > this.#factsEndMs) {
      this.#facts = await this.#askForFacts();
    }
    return { consumed, leaseSeconds, leasedAtMs, isFifo: this.isFifo };
  }

  /** @returns undefined when the queue does not exist; a consume may create it */
  async #askForFacts(): Promise<QueueFacts | undefined> {
    try {
      const record = await this.#persist({
        name: 'get',
        make: (options) => this.#queue.get(options),
        isFinal: ({ code }) => code === 'QUEUE_NOT_FOUND',
      });
      this.#factsEndMs = performance.now() + FACTS_MAX_AGE_MS;
      return { isFifo: record.type === 'fifo', leaseSeconds: record.visibilityTimeoutDefault };
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'QUEUE_NOT_FOUND') return undefined;
      throw error;
    }
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
      isFinal: (error) => this.#isStopping || (isFinal?.(error) ?? false),
      onFailure: (error) => {
        onFailure?.(error);
        if (this.#isStopping) this.cut();
      },
    });
  }
}
