import { QUEUE_DEFAULTS } from '@millrace/protocol/limits';
import { fieldRefusal, type Refusal, refuse } from '../refusal.js';
import type { KeptSettings, QueueEntry, QueueRow, QueueSettings } from './queue-entry.js';

export const DEFAULT_SETTINGS: KeptSettings = {
  type: QUEUE_DEFAULTS.type,
  deadLetterQueue: null,
  maxRetries: QUEUE_DEFAULTS.maxRetries,
  maxExpiredLeases: null,
  followsMaxRetries: false,
  messageRetentionDays: QUEUE_DEFAULTS.messageRetentionDays,
  visibilityTimeoutDefaultMs: QUEUE_DEFAULTS.visibilityTimeoutDefaultSeconds * 1_000,
  enablePriority: QUEUE_DEFAULTS.enablePriority,
};

const WIRE_NAMES: Record<keyof QueueSettings, string> = {
  type: 'type',
  deadLetterQueue: 'dead_letter_queue',
  maxRetries: 'max_retries',
  maxExpiredLeases: 'max_expired_leases',
  messageRetentionDays: 'message_retention_days',
  visibilityTimeoutDefaultMs: 'visibility_timeout_default',
  enablePriority: 'enable_priority',
};

/**
 * How many leases of a message may expire. Where nothing was set about failures, consumers may never
 * nack and rely on the end of the lease as their retry.
 */
const maxExpiredLeasesInForce = ({
  maxExpiredLeases,
  followsMaxRetries,
  maxRetries,
}: Pick<KeptSettings, 'maxExpiredLeases' | 'followsMaxRetries' | 'maxRetries'>): number =>
  maxExpiredLeases ?? (followsMaxRetries ? maxRetries : QUEUE_DEFAULTS.maxExpiredLeases);

const speaksOfFailures = ({ maxRetries, deadLetterQueue }: Partial<QueueSettings>): boolean =>
  maxRetries != null || deadLetterQueue != null;

/** The settings of a new queue, with defaults for those not given. */
export function newSettings(
  name: string,
  given: Partial<QueueSettings>,
  reachableFrom: ReachableFrom,
): KeptSettings | Refusal {
  const followsMaxRetries = given.type === 'fifo' || speaksOfFailures(given);
  return checkSettings(name, { ...DEFAULT_SETTINGS, ...given, followsMaxRetries }, reachableFrom);
}

function checkSettings(
  name: string,
  settings: KeptSettings,
  reachableFrom: ReachableFrom,
): KeptSettings | Refusal {
  if (settings.type === 'fifo' && settings.enablePriority) {
    return fieldRefusal('/enable_priority', 'must be false in a fifo queue, which keeps its order');
  }
  if (settings.deadLetterQueue === null) return settings;
  return checkDeadLetterQueue(name, settings.deadLetterQueue, reachableFrom) ?? settings;
}

/** For an existing queue, only the given settings are compared with those in force. */
export function compareSettings(
  existing: QueueRow,
  given: Partial<QueueSettings>,
): Refusal | undefined {
  const differing = (Object.keys(given) as (keyof QueueSettings)[])
    .filter((name) => given[name] != null && given[name] !== existing[name])
    .map((name) => WIRE_NAMES[name]);
  if (differing.length === 0) return undefined;
  return refuse(
    'QUEUE_EXISTS',
    `Queue "${existing.name}" exists with a different ${differing.join(', ')}.`,
    {
      hint: 'Omit these settings to get the queue as it is, or change the queue itself.',
      details: differing.map((name) => ({
        path: `/${name}`,
        message: 'differs from the existing queue',
      })),
    },
  );
}

/**
 * The queues that dead letters of a queue of the project can reach, including that queue: through its
 * dead-letter queue and those of its push subscriptions. Undefined if the queue does not exist.
 */
export type ReachableFrom = (queue: string) => ReadonlySet<string> | undefined;

/**
 * Checks a dead-letter queue before it is set on the queue `name` or on one of its subscriptions: it
 * must exist, and no path of dead letters from it may lead back to `name`.
 */
export function checkDeadLetterQueue(
  name: string,
  deadLetterQueue: string,
  reachableFrom: ReachableFrom,
): Refusal | undefined {
  const details = (message: string) => ({ details: [{ path: '/dead_letter_queue', message }] });
  if (deadLetterQueue === name) {
    return refuse('DEAD_LETTER_CYCLE', `Queue "${name}" cannot be its own dead-letter queue.`, {
      hint: 'Name another queue, or omit it: every queue has a built-in dead-letter queue.',
      ...details('must not be the queue itself'),
    });
  }
  const reachable = reachableFrom(deadLetterQueue);
  if (reachable === undefined) {
    return refuse(
      'DEAD_LETTER_QUEUE_NOT_FOUND',
      `There is no queue "${deadLetterQueue}" to receive dead letters.`,
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
      hint: 'Name another queue, or first detach a dead-letter queue along this path.',
      ...details('must not close a cycle'),
    },
  );
}

/** The settings of a queue after a change of those given; a different type is refused. */
export function changeSettings(
  existing: QueueEntry,
  given: Partial<QueueSettings>,
  reachableFrom: ReachableFrom,
): KeptSettings | Refusal {
  if (given.type !== undefined && given.type !== existing.type) {
    return fieldRefusal('/type', `must be ${existing.type}: the type of a queue never changes`);
  }
  const before = keptSettings(existing);
  const followsMaxRetries = before.followsMaxRetries || speaksOfFailures(given);
  return checkSettings(existing.name, { ...before, ...given, followsMaxRetries }, reachableFrom);
}

export function changes(existing: QueueEntry, wanted: KeptSettings): boolean {
  const before = keptSettings(existing);
  const names = Object.keys(before) as (keyof KeptSettings)[];
  return names.some((name) => before[name] !== wanted[name]);
}

const keptSettings = (queue: QueueEntry): KeptSettings => ({
  type: queue.type,
  deadLetterQueue: queue.deadLetterQueue,
  maxRetries: queue.maxRetries,
  maxExpiredLeases: queue.givenMaxExpiredLeases,
  followsMaxRetries: queue.followsMaxRetries,
  messageRetentionDays: queue.messageRetentionDays,
  visibilityTimeoutDefaultMs: queue.visibilityTimeoutDefaultMs,
  enablePriority: queue.enablePriority,
});

/** A queue as stored in its row. */
export type QueueColumns = Omit<QueueEntry, 'maxExpiredLeases'>;

export const queueEntryOf = (columns: QueueColumns): QueueEntry => ({
  ...columns,
  maxExpiredLeases: maxExpiredLeasesInForce({
    ...columns,
    maxExpiredLeases: columns.givenMaxExpiredLeases,
  }),
});

/** Leaves out the buckets and how the settings are kept, which concern only the store. */
export function publicRow(entry: QueueEntry): QueueRow {
  const {
    bucketId: _bucket,
    deadBucketId: _dead,
    deadLetterQueueId: _dlq,
    givenMaxExpiredLeases: _given,
    followsMaxRetries: _follows,
    ...row
  } = entry;
  return row;
}
