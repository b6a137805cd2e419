import type {
  AckCommand,
  ConsumeCommand,
  CreateQueueCommand,
  DeadLetterJobCommand,
  DeleteQueueCommand,
  DeliveryRef,
  ExtendCommand,
  NackCommand,
  NackEntry,
  NewMessage,
  PublishCommand,
  PurgeQueueCommand,
  UpdateQueueCommand,
} from '#server/core/commands/commands';
import type { Idempotency } from '#server/core/commands/queue-command';
import type { IdSource } from '#server/core/ids';
import type { QueueSettings } from '#server/core/queue/queue-entry';

type WithKey = { readonly idempotency?: Idempotency | null };

/** Builds commands of one project, with defaults for all fields that a test does not set. */
export class CommandBuilder {
  constructor(
    readonly name: string,
    private readonly ids: IdSource,
  ) {}

  createQueue(
    queue: string,
    settings: Partial<QueueSettings> = {},
    { idempotency = null }: { idempotency?: Idempotency | null } = {},
  ): CreateQueueCommand {
    return { kind: 'createQueue', project: this.name, queue, idempotency, settings };
  }

  updateQueue(
    queue: string,
    settings: Partial<QueueSettings>,
    { idempotency = null }: WithKey = {},
  ): UpdateQueueCommand {
    return { kind: 'updateQueue', project: this.name, queue, idempotency, settings };
  }

  deleteQueue(queue: string, { idempotency = null }: WithKey = {}): DeleteQueueCommand {
    return { kind: 'deleteQueue', project: this.name, queue, idempotency };
  }

  purgeQueue(queue: string, { idempotency = null }: WithKey = {}): PurgeQueueCommand {
    return { kind: 'purgeQueue', project: this.name, queue, idempotency };
  }

  /** Redrives all dead letters of the queue, unless the command selects some. */
  redrive(queue: string, more: Partial<DeadLetterJobCommand> = {}): DeadLetterJobCommand {
    return {
      kind: 'deadLetterJob',
      project: this.name,
      queue,
      idempotency: null,
      action: 'redrive',
      jobId: this.ids.uuid(),
      messageId: null,
      sinceMs: null,
      maxMessages: null,
      ...more,
    };
  }

  purgeDead(queue: string, more: Partial<DeadLetterJobCommand> = {}): DeadLetterJobCommand {
    return this.redrive(queue, { action: 'purge', ...more });
  }

  /** Publishes one message for each payload or set of fields; a single one is not sent as a batch. */
  publish(
    queue: string,
    messages: readonly (string | Partial<NewMessage>)[],
    more: Partial<PublishCommand> = {},
  ): PublishCommand {
    return {
      kind: 'publish',
      project: this.name,
      queue,
      idempotency: null,
      autoCreate: false,
      batch: messages.length !== 1,
      messages: messages.map((given) => ({
        messageId: this.ids.uuid(),
        payload: 'null',
        headers: null,
        delayMs: 0,
        priority: 0,
        groupId: null,
        deduplicationId: null,
        ...(typeof given === 'string' ? { payload: given } : given),
      })),
      ...more,
    };
  }

  consume(queue: string, more: Partial<ConsumeCommand> = {}): ConsumeCommand {
    return {
      kind: 'consume',
      project: this.name,
      queue,
      idempotency: null,
      autoCreate: false,
      maxMessages: 10,
      visibilityTimeoutMs: null,
      receiptPrefix: this.ids.token(),
      maxBytes: 16 * 1024 * 1024,
      ...more,
    };
  }

  /** A list of deliveries is sent as a batch. */
  ack(
    queue: string,
    deliveries: DeliveryRef | readonly DeliveryRef[],
    { idempotency = null }: { idempotency?: Idempotency | null } = {},
  ): AckCommand {
    const entries = refsOf(deliveries).map(({ messageId, receipt }) => ({ messageId, receipt }));
    const batch = Array.isArray(deliveries);
    return { kind: 'ack', project: this.name, queue, idempotency, batch, entries };
  }

  nack(
    queue: string,
    deliveries: DeliveryRef | readonly DeliveryRef[],
    how: Partial<NackEntry> & WithKey = {},
  ): NackCommand {
    const { idempotency = null, requeue = true, delayMs = 0, error = null } = how;
    const entries = refsOf(deliveries).map(({ messageId, receipt }) => ({
      messageId,
      receipt,
      requeue,
      delayMs,
      error,
    }));
    const batch = Array.isArray(deliveries);
    return { kind: 'nack', project: this.name, queue, idempotency, batch, entries };
  }

  extend(
    queue: string,
    { messageId, receipt }: DeliveryRef,
    visibilityTimeoutMs: number,
    { idempotency = null }: { idempotency?: Idempotency | null } = {},
  ): ExtendCommand {
    const target = { project: this.name, queue, idempotency };
    return { kind: 'extend', ...target, messageId, receipt, visibilityTimeoutMs };
  }
}

const refsOf = (deliveries: DeliveryRef | readonly DeliveryRef[]): readonly DeliveryRef[] =>
  Array.isArray(deliveries) ? deliveries : [deliveries as DeliveryRef];
