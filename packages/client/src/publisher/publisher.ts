import type { CallMaker } from '../api/call-maker.js';
import { type MessageOptions, messageFields } from '../api/message-options.js';
import { CALLS } from '../contract/calls.js';
import type { PublishBatchReturns, PublishReturns } from '../contract/types.js';
import { MillraceError } from '../errors.js';
import { validated } from '../schema.js';
import type { StandardSchemaV1 } from '../standard-schema.js';
import { EncodedJson, encodeFields } from '../transport/request.js';
import { nextTurn } from '../transport/sleep.js';
import { type Entry, storeBatch, takeBatch } from './batch.js';
import { type PublisherOptions, type PublisherSettings, publisherSettings } from './options.js';
import { Room } from './room.js';

const utf8 = new TextEncoder();

/**
 * Publishes messages in batches. Each message has a promise of its own, and a message that the server
 * refuses does not take the others of its batch with it. What waits is bounded: when there is no room,
 * `publish` waits before it takes the message. A loop that does not await each message awaits `ready()`.
 */
export class Publisher<T = unknown> {
  readonly #calls: CallMaker;
  readonly #schema: StandardSchemaV1<T, unknown> | undefined;
  readonly #settings: PublisherSettings;
  readonly #callOptions: Pick<PublisherOptions, 'timeoutMs' | 'retries'>;
  readonly #room: Room;
  readonly #waiting: Entry[] = [];
  readonly #unsettled = new Set<Promise<unknown>>();
  /** The checks of all messages so far. */
  #validating: Promise<unknown> = Promise.resolve();
  #inFlight = 0;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #sendsNextTurn = false;
  #flushes = 0;
  #isClosed = false;

  constructor(
    calls: CallMaker,
    schema: StandardSchemaV1<T, unknown> | undefined,
    options: PublisherOptions,
  ) {
    this.#calls = calls;
    this.#schema = schema;
    this.#settings = publisherSettings(options);
    this.#callOptions = { timeoutMs: options.timeoutMs, retries: options.retries };
    this.#room = new Room(this.#settings.maxPending, this.#settings.maxPendingBytes);
  }

  /** Messages that wait or are under way. */
  get pending(): number {
    return this.#room.messages;
  }

  /** Resolves when there is room for a message. */
  ready(): Promise<void> {
    return this.#room.whenFree();
  }

  /** Resolves when the message is on stable storage, with its id. */
  publish(payload: T, options: MessageOptions = {}): Promise<PublishReturns> {
    return this.#isClosed ? Promise.reject(closed()) : this.#publish(payload, options);
  }

  /** Sends at once what waits, and resolves when all messages so far are stored or refused. */
  async flush(): Promise<void> {
    this.#flushes += 1;
    this.#send();
    await Promise.all(this.#unsettled);
    this.#flushes -= 1;
  }

  /** Accepts no more messages and flushes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  async #publish(payload: T, options: MessageOptions): Promise<PublishReturns> {
    const text = encodeFields(Object.entries({ payload, ...messageFields(options) }));
    const bytes = utf8.encode(text).length;
    let settled = (): void => {};
    // Not the caller's promise: if that fails and nobody handles it, the runtime must say so.
    const settling = new Promise<void>((resolve) => {
      settled = resolve;
    });
    this.#unsettled.add(settling);
    await this.#room.enter(bytes);
    try {
      if (this.#schema) await this.#validated(this.#schema, payload);
      return await new Promise((resolve, reject) => {
        this.#waiting.push({ text, bytes, resolve, reject });
        this.#sendSoon();
      });
    } finally {
      this.#room.leave(bytes);
      this.#unsettled.delete(settling);
      settled();
    }
  }

  /** Waits for the messages before it, too: a schema that takes its time must not change the order. */
  async #validated(schema: StandardSchemaV1<T, unknown>, payload: T): Promise<void> {
    const judged = validated(schema, payload);
    const turn = Promise.allSettled([judged, this.#validating]).then(() => {});
    this.#validating = turn;
    await turn;
    await judged;
  }

  #sendSoon(): void {
    const { maxBatch, lingerMs } = this.#settings;
    if (this.#waiting.length >= maxBatch || this.#flushes > 0) {
      this.#send();
    } else if (lingerMs > 0) {
      this.#lingering ??= setTimeout(() => this.#send(), lingerMs);
    } else if (!this.#sendsNextTurn) {
      this.#sendsNextTurn = true;
      void nextTurn().then(() => this.#send());
    }
  }

  #send(): void {
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
    this.#sendsNextTurn = false;
    const { maxBatch, maxBatchBytes, maxInFlight } = this.#settings;
    while (this.#waiting.length > 0 && this.#inFlight < maxInFlight) {
      const batch = takeBatch(this.#waiting, maxBatch, maxBatchBytes);
      this.#inFlight += 1;
      void storeBatch(batch, (entries) => this.#store(entries)).then(() => {
        this.#inFlight -= 1;
        // What has gathered in the meantime has waited long enough.
        this.#send();
      });
    }
  }

  async #store(entries: readonly Entry[]): Promise<string[]> {
    const messages = new EncodedJson(`[${entries.map(({ text }) => text).join(',')}]`);
    const stored = await this.#calls.call<PublishBatchReturns>(
      CALLS.publishBatch,
      this.#callOptions,
      { messages },
    );
    return stored.messageIds;
  }
}

const closed = (): MillraceError =>
  new MillraceError({ code: 'CLOSED', message: 'the publisher is closed' });
