import { QUEUE_DEFAULTS } from '@millrace/protocol';
import type {
  CreateKeyCommand,
  CreateQueueCommand,
  OutcomeOf,
  RevokeKeyCommand,
} from '#server/core/commands';
import type { QueueRow, QueueSettings } from '#server/core/queue-settings';
import { type Refusal, refuse } from '#server/core/refusal';
import { findQueue, type ModelState } from './model-state.js';

const DEFAULTS: QueueSettings = {
  type: 'standard',
  deadLetterQueue: null,
  maxRetries: QUEUE_DEFAULTS.maxRetries,
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
    const same = given.every(([setting, value]) => existing[setting] === value);
    return same ? { queue: existing } : refuse('QUEUE_EXISTS', 'of the model');
  }
  const target = settings.deadLetterQueue ?? null;
  // A queue that does not exist yet is nobody's dead-letter queue: only itself makes a cycle.
  if (target === name) return refuse('DEAD_LETTER_CYCLE', 'of the model');
  if (target !== null && findQueue(state, project, target) === undefined) {
    return refuse('DEAD_LETTER_QUEUE_NOT_FOUND', 'of the model');
  }
  return { queue: insertQueue(state, project, name, settings, nowMs) };
}

export function insertQueue(
  state: ModelState,
  project: string,
  name: string,
  settings: Partial<QueueSettings>,
  nowMs: number,
): QueueRow {
  const row: QueueRow = {
    ...DEFAULTS,
    ...settings,
    id: state.queues.length + 1,
    project,
    name,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  state.queues.push(row);
  return row;
}

export function createKey(
  state: ModelState,
  { key, sealedSecret, onlyIfNone }: CreateKeyCommand,
  nowMs: number,
): OutcomeOf['createKey'] {
  if (onlyIfNone && state.keys.length > 0) return { key: null, sealedSecret: null };
  const row = { ...key, createdAtMs: nowMs, revokedAtMs: null };
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
