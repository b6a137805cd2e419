import { QUEUE_DEFAULTS } from '@millrace/protocol';
import type {
  CreateKeyCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  OutcomeOf,
  PurgeQueueCommand,
  RevokeKeyCommand,
  UpdateQueueCommand,
} from '#server/core/commands/commands';
import type { QueueSettings } from '#server/core/queue/queue-entry';
import { type Refusal, refuse } from '#server/core/refusal';
import {
  findQueue,
  type ModelQueue,
  type ModelState,
  removeMessages,
  rowOf,
} from './model-state.js';

const DEFAULTS: QueueSettings = {
  type: 'standard',
  deadLetterQueue: null,
  maxRetries: QUEUE_DEFAULTS.maxRetries,
  maxExpiredLeases: null,
  messageRetentionDays: QUEUE_DEFAULTS.messageRetentionDays,
  visibilityTimeoutDefaultMs: QUEUE_DEFAULTS.visibilityTimeoutDefaultSeconds * 1_000,
  enablePriority: QUEUE_DEFAULTS.enablePriority,
};

export function createQueue(
  state: ModelState,
  { project, queue: name, settings }: CreateQueueCommand,
  nowMs: number,
): OutcomeOf['createQueue'] | Refusal {
  const existing = findQueue(state, project, name);
  if (existing !== undefined) {
    const given = Object.entries(settings) as [keyof QueueSettings, unknown][];
    const row = rowOf(existing);
    const same = given.every(([setting, value]) => row[setting] === value);
    return same ? { queue: row } : refuse('QUEUE_EXISTS', 'of the model');
  }
  if (settings.type === 'fifo' && settings.enablePriority) {
    return refuse('INVALID_REQUEST', 'of the model');
  }
  const target = settings.deadLetterQueue ?? null;
  // A queue that does not exist yet is no dead-letter queue of another, so only naming itself makes a
  // cycle.
  if (target === name) return refuse('DEAD_LETTER_CYCLE', 'of the model');
  if (target !== null && findQueue(state, project, target) === undefined) {
    return refuse('DEAD_LETTER_QUEUE_NOT_FOUND', 'of the model');
  }
  return { queue: rowOf(insertQueue(state, project, name, settings, nowMs)) };
}

export function insertQueue(
  state: ModelState,
  project: string,
  name: string,
  settings: Partial<QueueSettings>,
  nowMs: number,
): ModelQueue {
  const row: ModelQueue = {
    ...DEFAULTS,
    ...settings,
    speaksOfFailures: speaksOfFailures(settings),
    id: state.nextQueueId,
    project,
    name,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  state.nextQueueId += 1;
  state.queues.push(row);
  return row;
}

const speaksOfFailures = (settings: Partial<QueueSettings>): boolean =>
  [settings.maxRetries, settings.deadLetterQueue].some((given) => given != null);

export function updateQueue(
  state: ModelState,
  queue: ModelQueue,
  { project, settings }: UpdateQueueCommand,
  nowMs: number,
): OutcomeOf['updateQueue'] | Refusal {
  if (settings.type !== undefined && settings.type !== queue.type) {
    return refuse('INVALID_REQUEST', 'of the model');
  }
  if (queue.type === 'fifo' && settings.enablePriority) {
    return refuse('INVALID_REQUEST', 'of the model');
  }
  let next = settings.deadLetterQueue ?? null;
  while (next !== null) {
    if (next === queue.name) return refuse('DEAD_LETTER_CYCLE', 'of the model');
    const target = findQueue(state, project, next);
    if (target === undefined) return refuse('DEAD_LETTER_QUEUE_NOT_FOUND', 'of the model');
    next = target.deadLetterQueue;
  }
  const speaks = queue.speaksOfFailures || speaksOfFailures(settings);
  const names = Object.keys(settings) as (keyof typeof settings)[];
  const changed =
    names.some((name) => queue[name] !== settings[name]) ||
    // In a FIFO queue nothing depends on it.
    (queue.type === 'standard' && queue.speaksOfFailures !== speaks);
  Object.assign(queue, settings, { speaksOfFailures: speaks });
  if (changed) queue.updatedAtMs = nowMs;
  return { queue: rowOf(queue) };
}

/** Deletes a queue with all its messages; its dead letters in other queues then belong to no queue. */
export function deleteQueue(
  state: ModelState,
  { project, queue: name }: DeleteQueueCommand,
): OutcomeOf['deleteQueue'] | Refusal {
  const queue = findQueue(state, project, name);
  if (queue === undefined) return { deleted: false };
  const isUsed = state.queues.some(
    (other) => other.project === project && other.deadLetterQueue === name,
  );
  if (isUsed) return refuse('QUEUE_IN_USE', 'of the model');
  removeMessages(state, (message) => message.queue === queue);
  state.queues = state.queues.filter((other) => other !== queue);
  state.records = state.records.filter(({ queueId }) => queueId !== queue.id);
  state.publishes = state.publishes.filter(({ queueId }) => queueId !== queue.id);
  return { deleted: true };
}

export function purgeQueue(
  state: ModelState,
  queue: ModelQueue,
  _command: PurgeQueueCommand,
): OutcomeOf['purgeQueue'] {
  const purged = removeMessages(
    state,
    (message) => message.queue === queue && message.state !== 'dead',
  );
  return { purged };
}

export function createKey(
  state: ModelState,
  { key, sealedSecret, onlyIfNone }: CreateKeyCommand,
  nowMs: number,
): OutcomeOf['createKey'] {
  if (onlyIfNone && state.keys.length > 0) return { key: null, sealedSecret: null };
  const row = { ...key, createdAtMs: nowMs, revokedAtMs: null, lastUsedAtMs: null };
  state.keys.push(row);
  const { secretHash: _hash, ...shown } = row;
  return { key: shown, sealedSecret };
}

export function revokeKey(
  state: ModelState,
  { keyId }: RevokeKeyCommand,
  nowMs: number,
): OutcomeOf['revokeKey'] | Refusal {
  const at = state.keys.findIndex((key) => key.keyId === keyId);
  const key = state.keys[at];
  if (key === undefined) return refuse('KEY_NOT_FOUND', 'of the model');
  state.keys[at] = { ...key, revokedAtMs: key.revokedAtMs ?? nowMs };
  return { keyId };
}
