import { QUEUE_DEFAULTS } from '@millrace/protocol/limits';
import { fieldRefusal, type Refusal, refuse } from './refusal.js';
import type { QueueEntry } from './transaction.js';

export interface QueueSettings {
  readonly type: 'standard' | 'fifo';
  readonly deadLetterQueue: string | null;
  readonly maxRetries: number;
  readonly messageRetentionDays: number;
  readonly visibilityTimeoutDefaultMs: number;
  readonly enablePriority: boolean;
}

export interface QueueRow extends QueueSettings {
  /** Never reused: a queue made again under an old name is another queue. */
  readonly id: number;
  readonly project: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export const DEFAULT_SETTINGS: QueueSettings = {
  type: QUEUE_DEFAULTS.type,
  deadLetterQueue: null,
  maxRetries: QUEUE_DEFAULTS.maxRetries,
  messageRetentionDays: QUEUE_DEFAULTS.messageRetentionDays,
  visibilityTimeoutDefaultMs: QUEUE_DEFAULTS.visibilityTimeoutDefaultSeconds * 1_000,
  enablePriority: QUEUE_DEFAULTS.enablePriority,
};

const WIRE_NAMES: Record<keyof QueueSettings, string> = {
  type: 'type',
  deadLetterQueue: 'dead_letter_queue',
  maxRetries: 'max_retries',
  messageRetentionDays: 'message_retention_days',
  visibilityTimeoutDefaultMs: 'visibility_timeout_default',
  enablePriority: 'enable_priority',
};

/** The settings of a queue that is made, with what was not given at its default. */
export function newSettings(
  name: string,
  given: Partial<QueueSettings>,
  reachableFrom: ReachableFrom,
): QueueSettings | Refusal {
  return checkSettings(name, { ...DEFAULT_SETTINGS, ...given }, reachableFrom);
}

function checkSettings(
  name: string,
  settings: QueueSettings,
  reachableFrom: ReachableFrom,
): QueueSettings | Refusal {
  if (settings.type === 'fifo' && settings.enablePriority) {
    return fieldRefusal('/enable_priority', 'must be false in a fifo queue, which keeps its order');
  }
  if (settings.deadLetterQueue === null) return settings;
  return checkDeadLetterQueue(name, settings.deadLetterQueue, reachableFrom) ?? settings;
}

/** For a queue that exists, only the settings given are compared. */
export function compareSettings(
  existing: QueueRow,
  given: Partial<QueueSettings>,
): Refusal | undefined {
  const differing = (Object.keys(given) as (keyof QueueSettings)[])
    .filter((name) => given[name] !== undefined && given[name] !== existing[name])
    .map((name) => WIRE_NAMES[name]);
  if (differing.length === 0) return undefined;
  return refuse(
    'QUEUE_EXISTS',
    `Queue "${existing.name}" exists with another ${differing.join(', ')}.`,
    {
      hint: 'Leave these settings out to get the queue as it is, or change the queue itself.',
      details: differing.map((name) => ({
        path: `/${name}`,
        message: 'differs from the existing queue',
      })),
    },
  );
}

/**
 * The queues that dead letters may come to from a queue of the project, itself included: by its
 * dead-letter queue and by those of its push subscriptions. Undefined: there is no such queue.
 */
export type ReachableFrom = (queue: string) => ReadonlySet<string> | undefined;

/**
 * Judges a dead-letter queue before it is set on the queue `name` or on a subscription of it: it must
 * exist, and no way that dead letters may take from it must lead back.
 */
export function checkDeadLetterQueue(
  name: string,
  deadLetterQueue: string,
  reachableFrom: ReachableFrom,
): Refusal | undefined {
  const details = (message: string) => ({ details: [{ path: '/dead_letter_queue', message }] });
  if (deadLetterQueue === name) {
    return refuse('DEAD_LETTER_CYCLE', `Queue "${name}" cannot be its own dead-letter queue.`, {
      hint: 'Name another queue, or leave it out: every queue has a built-in dead-letter queue.',
      ...details('must not be the queue itself'),
    });
  }
  const reachable = reachableFrom(deadLetterQueue);
  if (reachable === undefined) {
    return refuse(
      'DEAD_LETTER_QUEUE_NOT_FOUND',
      `There is no queue "${deadLetterQueue}" to take dead letters.`,
      {
        hint: 'Create the dead-letter queue first.',
        ...details('must name an existing queue'),
      },
    );
  }
  if (!reachable.has(name)) return undefined;
  return refuse(
    'DEAD_LETTER_CYCLE',
    `Dead letters of "${deadLetterQueue}" would come back to "${name}".`,
    {
      hint: 'Name another queue, or first detach the dead-letter queue of one on that way.',
      ...details('must not close a cycle'),
    },
  );
}

/**
 * The settings of a queue after a change of those given; a type that differs is refused.
 */
export function changeSettings(
  existing: QueueRow,
  given: Partial<QueueSettings>,
  reachableFrom: ReachableFrom,
): QueueSettings | Refusal {
  if (given.type !== undefined && given.type !== existing.type) {
    return fieldRefusal('/type', `must be ${existing.type}: the type of a queue never changes`);
  }
  const { type, maxRetries, messageRetentionDays, visibilityTimeoutDefaultMs } = existing;
  const { deadLetterQueue, enablePriority } = existing;
  const before = { type, maxRetries, messageRetentionDays, visibilityTimeoutDefaultMs };
  const settings = { ...before, deadLetterQueue, enablePriority, ...given };
  return checkSettings(existing.name, settings, reachableFrom);
}

export const changes = (existing: QueueRow, wanted: QueueSettings): boolean =>
  (Object.keys(WIRE_NAMES) as (keyof QueueSettings)[]).some(
    (name) => existing[name] !== wanted[name],
  );

/** Leaves out where the messages lie, which is the store's own business. */
export function publicRow(entry: QueueEntry): QueueRow {
  const { bucketId: _bucket, deadBucketId: _dead, deadLetterQueueId: _dlq, ...row } = entry;
  return row;
}
