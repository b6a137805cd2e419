import type { Scope } from '@millrace/protocol';
import type { DeadLetterAction, DeadLetterReason } from '../queue/message-state.js';
import type { QueueRow, QueueSettings } from '../queue/queue-entry.js';
import type { Refusal } from '../refusal.js';
import type { NodeConsumers } from '../store/queue-consumers.js';
import type { AuditEntry, Audited } from './audit-entry.js';
import type { PushCommand, PushOutcomeOf } from './push-commands.js';
import type { Idempotency, QueueCommand } from './queue-command.js';

/**
 * Every operation as plain data, structured-clonable, with all ids and randomness passed in: replaying a
 * commit group gives the same outcomes on every store.
 */
export type Command =
  | CreateQueueCommand
  | PublishCommand
  | ConsumeCommand
  | AckCommand
  | NackCommand
  | ExtendCommand
  | UpdateQueueCommand
  | DeleteQueueCommand
  | PurgeQueueCommand
  | DeadLetterJobCommand
  | StepJobCommand
  | SettleDueCommand
  | SweepDiscardedCommand
  | ExpireCommand
  | PushCommand
  | CreateKeyCommand
  | RevokeKeyCommand
  | RecordAuditCommand
  | RecordKeyUseCommand
  | RecordConsumersCommand;

export interface CreateQueueCommand extends QueueCommand, Audited {
  readonly kind: 'createQueue';
  readonly settings: Partial<QueueSettings>;
}

export interface UpdateQueueCommand extends QueueCommand, Audited {
  readonly kind: 'updateQueue';
  /** Only the given settings change; a dead-letter queue of null detaches it. */
  readonly settings: Partial<QueueSettings>;
}

export interface DeleteQueueCommand extends QueueCommand, Audited {
  readonly kind: 'deleteQueue';
}

export interface PurgeQueueCommand extends QueueCommand, Audited {
  readonly kind: 'purgeQueue';
}

/**
 * Redrives or removes the dead letters that came from a queue. A single message is handled at once.
 * Several messages are a job, which fixes its set of messages now and handles them in steps.
 */
export interface DeadLetterJobCommand extends QueueCommand, Audited {
  readonly kind: 'deadLetterJob';
  readonly action: DeadLetterAction;
  readonly jobId: string;
  readonly messageId: string | null;
  readonly sinceMs: number | null;
  readonly maxMessages: number | null;
}

export interface StepJobCommand {
  readonly kind: 'stepJob';
  readonly jobId: string;
}

export interface NewMessage {
  readonly messageId: string;
  /** The JSON text as published. */
  readonly payload: string;
  /** A JSON object of strings, or null. */
  readonly headers: string | null;
  readonly delayMs: number;
  readonly priority: number;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
}

export interface PublishCommand extends QueueCommand {
  readonly kind: 'publish';
  readonly autoCreate: boolean;
  /** Whether the request has a list of messages: a refusal then names the index in it. */
  readonly batch: boolean;
  readonly messages: readonly NewMessage[];
}

export interface ConsumeCommand extends QueueCommand {
  readonly kind: 'consume';
  readonly autoCreate: boolean;
  readonly maxMessages: number;
  /** Null: the queue's default. */
  readonly visibilityTimeoutMs: number | null;
  /** Random; the receipt of the nth message is this prefix followed by n. */
  readonly receiptPrefix: string;
  /**
   * The most bytes that the messages may take in an answer, though there is always at least one message.
   */
  readonly maxBytes: number;
  /** Even the first message must not exceed `maxBytes`: the caller has no room for more. */
  readonly strict?: boolean;
  /**
   * At most one message of a message group, so that no message waits for another one of the same lease.
   */
  readonly onePerMessageGroup?: boolean;
  /** The key that consumes, recorded if the delivery fails. */
  readonly keyId?: string;
}

export interface DeliveryRef {
  readonly messageId: string;
  readonly receipt: string | null;
}

export interface AckCommand extends QueueCommand {
  readonly kind: 'ack';
  /** In a batch each entry has its own result; a single entry that is refused refuses the command. */
  readonly batch: boolean;
  readonly entries: readonly DeliveryRef[];
}

export interface NackEntry extends DeliveryRef {
  readonly requeue: boolean;
  readonly delayMs: number;
  readonly error: string | null;
  /**
   * The message goes back without counting a failure, because the failure was not the message's fault.
   */
  readonly withoutFailure?: boolean;
}

export interface NackCommand extends QueueCommand {
  readonly kind: 'nack';
  readonly batch: boolean;
  readonly entries: readonly NackEntry[];
  readonly keyId?: string;
}

export interface ExtendCommand extends QueueCommand, DeliveryRef {
  readonly kind: 'extend';
  /** 0 gives the message back without counting a failure. */
  readonly visibilityTimeoutMs: number;
}

/** Settles leases and delays that are due, oldest first. */
export interface SettleDueCommand {
  readonly kind: 'settleDue';
  readonly limit: number;
}

/** Removes the messages of queues that were purged or deleted, a few at a time. */
export interface SweepDiscardedCommand {
  readonly kind: 'sweepDiscarded';
  readonly limit: number;
}

/** Removes messages past their retention, queue by queue, a few at a time. */
export interface ExpireCommand {
  readonly kind: 'expire';
  /** Queues with ids up to this one have been checked. */
  readonly afterQueueId: number;
  /** If given, only these queues are checked. */
  readonly queueIds?: readonly number[];
  readonly limit: number;
}

export interface KeyRow {
  readonly keyId: string;
  readonly name: string | null;
  readonly project: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the secret, in hex; the secret itself is stored nowhere. */
  readonly secretHash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** The minute in which it was last used; null if no use is known. */
  readonly lastUsedAtMs: number | null;
}

export interface CreateKeyCommand extends Audited {
  readonly kind: 'createKey';
  /** The caller's project, which is the scope of the idempotency key. */
  readonly project: string;
  readonly key: Omit<KeyRow, 'createdAtMs' | 'revokedAtMs' | 'lastUsedAtMs'>;
  /** The secret, sealed for the caller, so that a replay can return it again. */
  readonly sealedSecret: string | null;
  /** Create the key only if there is none: for the first start, which several nodes may make at once. */
  readonly onlyIfNone: boolean;
  readonly idempotency: Idempotency | null;
}

export interface RevokeKeyCommand extends Audited {
  readonly kind: 'revokeKey';
  readonly project: string;
  readonly keyId: string;
  readonly idempotency: Idempotency | null;
}

/** Adds refusals to the audit log, and removes a few of the oldest entries beyond its limits. */
export interface RecordAuditCommand {
  readonly kind: 'recordAudit';
  readonly auditEntries: readonly AuditEntry[];
}

/** Records when keys were last used. */
export interface RecordKeyUseCommand {
  readonly kind: 'recordKeyUse';
  readonly uses: readonly { readonly keyId: string; readonly atMs: number }[];
}

/** Records the consumers that a node has; queues that do not exist are left out. */
export interface RecordConsumersCommand {
  readonly kind: 'recordConsumers';
  readonly nodeId: string;
  readonly consumers: readonly NodeConsumers[];
}

export interface FailedDelivery {
  readonly atMs: number;
  readonly how: 'nack' | 'rejected' | 'expired_lease';
  readonly error: string | null;
  readonly keyId: string | null;
}

/** A message as its queue stores it. */
export interface StoredMessage {
  readonly messageId: string;
  readonly payload: string;
  readonly headers: string | null;
  readonly priority: number;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
  readonly enqueuedAtMs: number;
  readonly deliveryCount: number;
  readonly sourceQueue: string | null;
  readonly deadLetteredAtMs: number | null;
  readonly deadLetterReason: DeadLetterReason | null;
  readonly lastError: string | null;
}

export interface LeasedMessage extends StoredMessage {
  /** The nacks in its queue so far. */
  readonly nacks: number;
  readonly receipt: string;
  readonly leaseExpiresAtMs: number;
}

export type EntryOutcome<T> =
  | (T & { readonly messageId: string; readonly ok: true })
  | EntryRefusal;
export interface EntryRefusal extends Refusal {
  readonly messageId: string;
}

export interface JobProgress {
  /** Messages that the job has moved or removed so far. */
  readonly done: number;
  readonly finished: boolean;
}

export interface OutcomeOf extends PushOutcomeOf {
  createQueue: { readonly queue: QueueRow };
  publish: { readonly messageIds: readonly string[] };
  consume: {
    readonly messages: readonly LeasedMessage[];
    /**
     * The consume stopped before it had what it asked for, because of the bytes of the messages or
     * because many messages were past their retention: there may be more.
     */
    readonly cutShort?: true;
    /**
     * Other consumes of the project used up their share of this commit group: there is more in the next
     * one.
     */
    readonly crowded?: true;
    /**
     * The bytes that the first message takes in an answer, if that is more than a strict command allows.
     */
    readonly needsBytes?: number;
  };
  ack: { readonly results: readonly EntryOutcome<{ readonly acked: boolean }>[] };
  nack: {
    readonly results: readonly EntryOutcome<{
      readonly nacked: boolean;
      readonly requeued: boolean;
    }>[];
  };
  extend: { readonly extended: boolean; readonly leaseExpiresAtMs: number | null };
  updateQueue: { readonly queue: QueueRow };
  deleteQueue: { readonly deleted: boolean };
  purgeQueue: { readonly purged: number };
  /** Null: nothing is left to do. */
  deadLetterJob: JobProgress & { readonly jobId: string | null };
  stepJob: JobProgress;
  settleDue: { readonly settled: number };
  sweepDiscarded: {
    readonly more: boolean;
    /**
     * A discarded bucket may still get messages, or another transaction has it locked: look again later.
     */
    readonly looksAgain: boolean;
  };
  expire: {
    /** The id to continue from; null when all queues have been checked. */
    readonly nextQueueId: number | null;
    /**
     * When the next message of each queue checked will be past its retention; queues not listed have
     * none.
     */
    readonly ends: readonly { readonly queueId: number; readonly atMs: number }[];
  };
  createKey: {
    /** Null if `onlyIfNone` found an existing key. */
    readonly key: Omit<KeyRow, 'secretHash'> | null;
    readonly sealedSecret: string | null;
  };
  revokeKey: { readonly keyId: string };
  /** `more`: the log still contains more than is to be kept. */
  recordAudit: { readonly more: boolean };
  recordKeyUse: { readonly recorded: number };
  recordConsumers: { readonly recorded: number };
}

/** `replayed`: this is the recorded answer to the same request, made earlier. */
export type Accepted<K extends Command['kind']> = OutcomeOf[K] & {
  readonly ok: true;
  readonly replayed: boolean;
  /** The entry that was written to the audit log with the effect. */
  readonly audited?: AuditEntry;
};
export type Outcome<K extends Command['kind'] = Command['kind']> = Accepted<K> | Refusal;
