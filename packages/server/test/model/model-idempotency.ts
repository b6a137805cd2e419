import type { Accepted, Command, Outcome } from '#server/core/commands';
import type { QueueRow } from '#server/core/queue-settings';
import { refuse } from '#server/core/refusal';
import { stillHeld } from './model-delivery.js';
import type { ModelState } from './model-state.js';

type Recorded = Exclude<Command, { kind: 'settleDue' }>;

/** Replays, refuses, or runs and records; only successes are recorded, and no empty consume. */
export function underIdempotencyKey(
  state: ModelState,
  command: Recorded,
  queue: QueueRow | undefined,
  nowMs: number,
  run: () => Outcome,
): Outcome {
  const { idempotency, project } = command;
  if (idempotency === null) return run();
  const { capability, key, fingerprint, windowMs } = idempotency;
  const scope = JSON.stringify([project, capability, queue?.id ?? null, key]);
  const recorded = state.records.find(
    (record) => record.scope === scope && record.expiresAtMs > nowMs,
  );
  if (recorded !== undefined) {
    if (recorded.fingerprint !== fingerprint) {
      return refuse('IDEMPOTENCY_KEY_REUSED', 'of the model');
    }
    const outcome = { ...(recorded.outcome as Accepted<Command['kind']>), replayed: true };
    if (!('messages' in outcome)) return outcome;
    const messages = stillHeld(state, queue as QueueRow, outcome.messages);
    if (messages.length > 0) return { ...outcome, messages };
  }
  const outcome = run();
  if (!outcome.ok || ('messages' in outcome && outcome.messages.length === 0)) return outcome;
  state.records = state.records.filter((record) => record.scope !== scope);
  state.records.push({
    scope,
    fingerprint,
    expiresAtMs: nowMs + windowMs,
    outcome: structuredClone(outcome),
  });
  return outcome;
}
