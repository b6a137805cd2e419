import type { Accepted, Command, Outcome } from '#server/core/commands/commands';
import { refuse } from '#server/core/refusal';
import { stillHeld } from './model-delivery.js';
import type { ModelQueue, ModelState } from './model-state.js';

type Recorded = Extract<Command, { idempotency: unknown }>;

/** Replays, refuses, or runs and records; only successes are recorded, and no empty consume. */
export function underIdempotencyKey(
  state: ModelState,
  command: Recorded,
  queue: ModelQueue | undefined,
  nowMs: number,
  run: () => Outcome,
): Outcome {
  const { idempotency, project } = command;
  if (idempotency === null) return run();
  const { capability, key, fingerprint, windowMs } = idempotency;
  const scopeOf = (owner: string | number | null): string =>
    JSON.stringify([project, capability, owner, key]);
  // The record of a delete is all that remains of its queue, and is kept by the queue's name.
  const ofDelete = command.kind === 'deleteQueue';
  const scope = scopeOf(ofDelete ? command.queue : (queue?.id ?? null));
  const recorded = state.records.find(
    (record) => record.scope === scope && record.expiresAtMs > nowMs,
  );
  if (recorded !== undefined) {
    if (recorded.fingerprint !== fingerprint) {
      return refuse('IDEMPOTENCY_KEY_REUSED', 'of the model');
    }
    const outcome = { ...(recorded.outcome as Accepted<Command['kind']>), replayed: true };
    if (!('messages' in outcome)) return outcome;
    const messages = stillHeld(state, queue as ModelQueue, outcome.messages);
    if (messages.length > 0) return { ok: true, replayed: true, messages };
  }
  const outcome = run();
  if (!outcome.ok || ('messages' in outcome && outcome.messages.length === 0)) return outcome;
  if ('deleted' in outcome && !outcome.deleted) return outcome;
  state.records = state.records.filter((record) => record.scope !== scope);
  state.records.push({
    scope,
    fingerprint,
    expiresAtMs: endMs(outcome, nowMs + windowMs),
    queueId: queue?.id ?? ('queue' in outcome ? outcome.queue.id : null),
    outcome: structuredClone(outcome),
  });
  return outcome;
}

/** The record of a consume ends with the last of its leases as they were given, others with the window. */
const endMs = (outcome: Outcome, windowEndMs: number): number =>
  outcome.ok && 'messages' in outcome
    ? Math.max(...outcome.messages.map(({ leaseExpiresAtMs }) => leaseExpiresAtMs))
    : windowEndMs;
