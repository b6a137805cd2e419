import { CALLS } from '../contract/calls.js';
import { LIMITS } from '../contract/limits.js';
import type {
  AckBatchReturns,
  AckReturns,
  ConsumeParams,
  ConsumeReturns,
  CreateParams,
  DeleteReturns,
  ExtendReturns,
  HistoryParams,
  HistoryReturns,
  MessageReturns,
  NackBatchReturns,
  NackReturns,
  PeekParams,
  PeekReturns,
  PublishBatchReturns,
  PublishReturns,
  PurgeReturns,
  QueueMessage,
  QueueRecord,
  QueueStats,
  UpdateParams,
} from '../contract/types.js';
import type { MillraceError } from '../errors.js';
import type { PublisherOptions } from '../publisher/options.js';
import { Publisher } from '../publisher/publisher.js';
import { validated } from '../schema.js';
import type { StandardSchemaV1 } from '../standard-schema.js';
import type { CallOptions } from '../transport/options.js';
import { EncodedJson, encodeFields, finite } from '../transport/request.js';
import type { CallMaker } from './call-maker.js';
import { DeadLetters } from './dead-letters.js';
import {
  type DeliveryReference,
  messageFields,
  type NackSettings,
  type NewMessage,
  type PublishOptions,
  reference,
} from './message-options.js';
import type { Pages } from './pages.js';
import { PushSubscriptions } from './push-subscriptions.js';

/** A message that was leased for this consumer. */
export interface Delivery<T = unknown> extends QueueMessage<T> {
  receipt: string;
  leaseExpiresAt: string;
}

/** A leased message whose payload does not fit the schema of the queue. */
export interface InvalidDelivery {
  readonly message: Delivery;
  readonly error: MillraceError;
  /** Its place among all the messages that were leased with it, from 0. */
  readonly index: number;
}

export interface Consumed<T> {
  /** The messages whose payloads fit the schema; without a schema, all of them. */
  readonly messages: Delivery<T>[];
  /** The others. They are leased too, and come back when their leases run out. */
  readonly invalid: InvalidDelivery[];
}

/** What consumers need of a queue, whatever is published to it. */
export type ConsumedQueue<T = unknown> = Pick<
  Queue<T>,
  'name' | 'get' | 'consume' | 'ackBatch' | 'nackBatch' | 'extend'
>;

export type HourHistory = Required<Pick<HistoryReturns, 'queue' | 'minutes'>>;
export type DayHistory = Required<Pick<HistoryReturns, 'queue' | 'quarterHours'>>;

export type PeekedMessage<T = unknown> = PeekReturns<T>['items'][number];

/**
 * A queue, which need not exist yet. Each call of the contract is a method.
 *
 * @typeParam Received the payloads as consumers get them
 * @typeParam Published the payloads as they are published and stored; it differs from `Received` only
 * if the schema of the queue transforms what it reads
 */
export class Queue<Received = unknown, Published = Received> extends PushSubscriptions {
  readonly dlq: DeadLetters<Published>;
  readonly #calls: CallMaker;

  constructor(
    readonly name: string,
    calls: CallMaker,
    readonly schema?: StandardSchemaV1<Published, Received>,
  ) {
    super(calls);
    this.#calls = calls;
    this.dlq = new DeadLetters(calls);
  }

  /** Creates the queue. If it exists with the same settings, nothing happens. */
  create(options: Omit<CreateParams, 'name'> & CallOptions = {}): Promise<QueueRecord> {
    return this.#calls.call(CALLS.create, options, { queue: undefined, name: this.name });
  }

  /** The settings of the queue. */
  get(options: CallOptions = {}): Promise<QueueRecord> {
    return this.#calls.call(CALLS.get, options);
  }

  /** Changes the given settings. */
  update(options: UpdateParams & CallOptions): Promise<QueueRecord> {
    return this.#calls.call(CALLS.update, options);
  }

  /** Deletes the queue with all its messages. */
  delete(options: CallOptions = {}): Promise<DeleteReturns> {
    return this.#calls.call(CALLS.delete, options);
  }

  /** Removes all messages, but not the dead letters. */
  purge(options: CallOptions = {}): Promise<PurgeReturns> {
    return this.#calls.call(CALLS.purge, options);
  }

  /** The exact counts of messages, by state. */
  stats(options: CallOptions = {}): Promise<QueueStats> {
    return this.#calls.call(CALLS.stats, options);
  }

  /** Depth and rates for each minute of the last hour, or each quarter of an hour of the last day. */
  history(options?: { span?: 'hour' | undefined } & CallOptions): Promise<HourHistory>;
  history(options: { span: 'day' } & CallOptions): Promise<DayHistory>;
  history(options: HistoryParams & CallOptions = {}): Promise<HistoryReturns> {
    return this.#calls.call(CALLS.history, options);
  }

  /** Stores one message. When this resolves, it is on stable storage. */
  async publish(payload: Published, options: PublishOptions = {}): Promise<PublishReturns> {
    if (this.schema) await validated(this.schema, payload);
    const { traceparent } = options;
    return this.#calls.call(CALLS.publish, { ...messageFields(options), traceparent }, { payload });
  }

  /** Stores up to 1,000 messages, all of them or none. */
  async publishBatch(
    messages: readonly NewMessage<Published>[],
    options: CallOptions = {},
  ): Promise<PublishBatchReturns> {
    const { schema } = this;
    if (schema) await Promise.all(messages.map(({ payload }) => validated(schema, payload)));
    const texts = messages.map((message) => encodeFields(Object.entries(messageFields(message))));
    return this.#calls.call(CALLS.publishBatch, options, {
      messages: new EncodedJson(`[${texts.join(',')}]`),
    });
  }

  /** Gathers messages and publishes them in batches: many at a time, with a promise for each. */
  publisher(options: PublisherOptions = {}): Publisher<Published> {
    return new Publisher(this.#calls, this.schema, options);
  }

  /** Leases messages. With `waitSeconds` it waits for the first one. */
  async consume(options: ConsumeParams & CallOptions = {}): Promise<Consumed<Received>> {
    const waitMs = 1_000 * Math.min(options.waitSeconds || 0, LIMITS.waitMaxSeconds);
    const answer = await this.#calls.call<ConsumeReturns>(CALLS.consume, options, {}, waitMs);
    const deliveries = answer.messages as Delivery[];
    return this.schema
      ? sorted(deliveries, this.schema)
      : { messages: deliveries as Delivery<Received>[], invalid: [] };
  }

  /** The work is done: removes the message. */
  ack(delivery: DeliveryReference, options: CallOptions = {}): Promise<AckReturns> {
    return this.#calls.call(CALLS.ack, options, reference(delivery));
  }

  /** Acks up to 1,000 messages. Each has a result of its own, in the same order. */
  ackBatch(
    deliveries: readonly DeliveryReference[],
    options: CallOptions = {},
  ): Promise<AckBatchReturns> {
    return this.#calls.call(CALLS.ackBatch, options, { messages: deliveries.map(reference) });
  }

  /** The work failed: the message is delivered again, or becomes a dead letter. */
  nack(
    delivery: DeliveryReference,
    options: NackSettings & CallOptions = {},
  ): Promise<NackReturns> {
    return this.#calls.call(CALLS.nack, options, reference(delivery));
  }

  /** Nacks up to 1,000 messages. Each has a result of its own, in the same order. */
  async nackBatch(
    entries: readonly (DeliveryReference & NackSettings)[],
    options: CallOptions = {},
  ): Promise<NackBatchReturns> {
    const messages = entries.map(({ messageId, receipt, requeue, delaySeconds, error }) => ({
      messageId,
      receipt,
      requeue,
      delaySeconds: finite('delaySeconds', delaySeconds),
      error,
    }));
    return this.#calls.call(CALLS.nackBatch, options, { messages });
  }

  /**
   * Sets the end of the lease.
   *
   * @param visibilityTimeout seconds from now; 0 returns the message, which counts no failure
   */
  extend(
    delivery: DeliveryReference,
    visibilityTimeout: number,
    options: CallOptions = {},
  ): Promise<ExtendReturns> {
    const fields = { ...reference(delivery), visibilityTimeout };
    return this.#calls.call(CALLS.extend, options, fields);
  }

  /** Lists messages without leasing them. Their payloads are shown as they were published. */
  peek(options: PeekParams & CallOptions = {}): Pages<PeekedMessage<Published>> {
    return this.#calls.pages(CALLS.peek, options);
  }

  /** One message with its failed deliveries. */
  message(messageId: string, options: CallOptions = {}): Promise<MessageReturns<Published>> {
    return this.#calls.call(CALLS.message, options, { messageId });
  }
}

async function sorted<T>(
  deliveries: Delivery[],
  schema: StandardSchemaV1<unknown, T>,
): Promise<Consumed<T>> {
  const messages: Delivery<T>[] = [];
  const invalid: InvalidDelivery[] = [];
  // All at once: their leases are running.
  const judged = await Promise.allSettled(
    deliveries.map(({ payload }) => validated(schema, payload)),
  );
  for (const [index, message] of deliveries.entries()) {
    const judgement = judged[index] as PromiseSettledResult<T>;
    if (judgement.status === 'fulfilled') messages.push({ ...message, payload: judgement.value });
    else invalid.push({ message, error: judgement.reason, index });
  }
  return { messages, invalid };
}
