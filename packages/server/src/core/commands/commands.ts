import type { Scope } from '@millrace/protocol';
import type { DeadLetterAction, DeadLetterReason } from '../queue/message-state.js';
import type { QueueRow, QueueSettings } from '../queue/queue-entry.js';
import type { Refusal } from '../refusal.js';
import type { AuditEntry, Audited } from './audit-entry.js';
import type { PushCommand, PushOutcomeOf } from './push-commands.js';
import type { Idempotency, QueueCommand } from './queue-command.js';

/**
 * Every operation as plain data, structured-clonable, with all ids and randomness handed in: a
 * commit group of commands replays to the same outcomes on every store.
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
  | RecordKeyUseCommand;

export interface CreateQueueCommand extends QueueCommand, Audited {
  readonly kind: 'createQueue';
  readonly settings: Partial<QueueSettings>;
}

export interface UpdateQueueCommand extends QueueCommand, Audited {
  readonly kind: 'updateQueue';
  /** Only what is given changes; a dead-letter queue of null detaches it. */
  readonly settings: Partial<QueueSettings>;
}

export interface DeleteQueueCommand extends QueueCommand, Audited {
  readonly kind: 'deleteQueue';
}

export interface PurgeQueueCommand extends QueueCommand, Audited {
  readonly kind: 'purgeQueue';
}

/**
 * Redrives or removes the dead letters that came from a queue. One message is done at once; more
 * are a job, which fixes its set now and goes on in steps.
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
  /** The JSON text as it was published. */
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
  /** Whether the request has a list of messages: a refusal names the place in it. */
  readonly batch: boolean;
  readonly messages: readonly NewMessage[];
}

export interface ConsumeCommand extends QueueCommand {
  readonly kind: 'consume';
  readonly autoCreate: boolean;
  readonly maxMessages: number;
  /** Null: what the queue says. */
  readonly visibilityTimeoutMs: number | null;
  /** Random; the receipt of the nth message is this and n. */
  readonly receiptPrefix: string;
  /** What the messages take in an answer stops here, but there is at least one. */
  readonly maxBytes: number;
  /** Not even the first message may be over `maxBytes`: who asks has room for no more. */
  readonly strict?: boolean;
  /** Of a message group one message at most, so that none waits for another one of the same lease. */
  readonly onePerMessageGroup?: boolean;
  /** The key that consumes, for the record of a delivery that fails. */
  readonly keyId?: string;
}

export interface DeliveryRef {
  readonly messageId: string;
  readonly receipt: string | null;
}

export interface AckCommand extends QueueCommand {
  readonly kind: 'ack';
  /** In a batch each entry answers for itself; alone, a refused entry refuses the command. */
  readonly batch: boolean;
  readonly entries: readonly DeliveryRef[];
}

export interface NackEntry extends DeliveryRef {
  readonly requeue: boolean;
  readonly delayMs: number;
  readonly error: string | null;
  /** The message goes back without a failure: it was not the message that failed. */
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
  /** 0 gives the message back without a failure. */
  readonly visibilityTimeoutMs: number;
}

/** Expired leases and delays that are over, oldest first. */
export interface SettleDueCommand {
  readonly kind: 'settleDue';
  readonly limit: number;
}

/** Messages of queues that were purged or deleted, a few at a time. */
export interface SweepDiscardedCommand {
  readonly kind: 'sweepDiscarded';
  readonly limit: number;
}

/** Messages past their retention, queue by queue, a few at a time. */
export interface ExpireCommand {
  readonly kind: 'expire';
  /** Queues up to this id have been looked at. */
  readonly afterQueueId: number;
  /** Of these queues only. */
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
  /** The minute in which it was last used; null: never, as far as is known. */
  readonly lastUsedAtMs: number | null;
}

export interface CreateKeyCommand extends Audited {
  readonly kind: 'createKey';
  /** The project of the caller, which is what an idempotency key counts in. */
  readonly project: string;
  readonly key: Omit<KeyRow, 'createdAtMs' | 'revokedAtMs' | 'lastUsedAtMs'>;
  /** The secret, sealed for the caller, so that a replay can show it again. */
  readonly sealedSecret: string | null;
  /** Make no key where one exists: for the first start, which several nodes may make at once. */
  readonly onlyIfNone: boolean;
  readonly idempotency: Idempotency | null;
}

export interface RevokeKeyCommand extends Audited {
  readonly kind: 'revokeKey';
  readonly project: string;
  readonly keyId: string;
  readonly idempotency: Idempotency | null;
}

/** Adds refusals to the audit log, and removes a few of the oldest entries beyond its bounds. */
export interface RecordAuditCommand {
  readonly kind: 'recordAudit';
  readonly auditEntries: readonly AuditEntry[];
}

/** When keys were last used. */
export interface RecordKeyUseCommand {
  readonly kind: 'recordKeyUse';
  readonly uses: readonly { readonly keyId: string; readonly atMs: number }[];
}

export interface FailedDelivery {
  readonly atMs: number;
  readonly how: 'nack' | 'rejected' | 'expired_lease';
  readonly error: string | null;
  readonly keyId: string | null;
}

/** A message as its queue keeps it. */
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
  /** In its queue, so far. */
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
     * It stopped before it had what it wanted, because of what the messages take or because so many
     * were past their retention: there may be more.
     */
    readonly cutShort?: true;
    /** Others of its project took what a commit group may give: there is more in the next one. */
    readonly crowded?: true;
    /** The first message takes so much in an answer, and more than a strict command allows. */
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
  /** Without an id there is nothing more to do. */
  deadLetterJob: JobProgress & { readonly jobId: string | null };
  stepJob: JobProgress;
  settleDue: { readonly settled: number };
  sweepDiscarded: {
    readonly more: boolean;
    /** Something may still come into a bucket that was discarded, or is held by somebody else. */
    readonly looksAgain: boolean;
  };
  expire: {
    /** Where to go on; null when all queues have been looked at. */
    readonly nextQueueId: number | null;
    /** When a message of those looked at will next be past its retention; of others none will. */
    readonly ends: readonly { readonly queueId: number; readonly atMs: number }[];
  };
  createKey: {
    /** Null where `onlyIfNone` found a key. */
    readonly key: Omit<KeyRow, 'secretHash'> | null;
    readonly sealedSecret: string | null;
  };
  revokeKey: { readonly keyId: string };
  /** `more`: there is still more in the log than is kept. */
  recordAudit: { readonly more: boolean };
  recordKeyUse: { readonly recorded: number };
}

/** `replayed`: this is the recorded answer to the same request, made again. */
export type Accepted<K extends Command['kind']> = OutcomeOf[K] & {
  readonly ok: true;
  readonly replayed: boolean;
  /** What was written into the audit log with the effect. */
  readonly audited?: AuditEntry;
};
export type Outcome<K extends Command['kind'] = Command['kind']> = Accepted<K> | Refusal;
