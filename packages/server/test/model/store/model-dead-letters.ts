import type {
  DeadLetterJobCommand,
  ExpireCommand,
  OutcomeOf,
} from '#server/core/commands/commands';
import {
  type ModelMessage,
  type ModelQueue,
  type ModelState,
  removeMessages,
  retentionEndMs,
  takePlace,
} from './model-state.js';

/** The dead letters of a queue, wherever they are kept, in the order of their deaths. */
export const deadLettersOf = (state: ModelState, queue: ModelQueue): ModelMessage[] =>
  state.messages
    .filter((message) => message.source === queue)
    .sort(
      (a, b) =>
        (a.deadLetteredAtMs as number) - (b.deadLetteredAtMs as number) || a.place - b.place,
    );

/** The model completes a job at once. */
export function deadLetterJob(
  state: ModelState,
  queue: ModelQueue,
  { action, jobId, messageId, sinceMs, maxMessages, idempotency }: DeadLetterJobCommand,
  nowMs: number,
): OutcomeOf['deadLetterJob'] {
  const chosen = deadLettersOf(state, queue)
    .filter((message) => messageId === null || message.messageId === messageId)
    .filter(({ deadLetteredAtMs }) => sinceMs === null || (deadLetteredAtMs as number) >= sinceMs)
    .filter((message) => message.state !== 'leased')
    .slice(0, maxMessages ?? Number.POSITIVE_INFINITY);
  for (const message of chosen) {
    if (action === 'redrive') redrive(state, queue, message, nowMs);
  }
  if (action === 'purge') removeMessages(state, (message) => chosen.includes(message));
  const progress = { done: chosen.length, finished: true };
  if (messageId !== null || idempotency === null) return { jobId: null, ...progress };
  state.jobs.set(jobId, progress);
  return { jobId, ...progress };
}

/**
 * Moves the message back to its source queue, to the tail, as one never delivered there, with the source
 * it had before.
 */
function redrive(state: ModelState, home: ModelQueue, message: ModelMessage, nowMs: number): void {
  message.queue = home;
  message.state = 'available';
  message.rank = home.enablePriority ? message.priority : 0;
  message.place = takePlace(state);
  message.firstAvailableAtMs = nowMs;
  message.dueAtMs = null;
  message.receipt = null;
  message.leaseEnd = null;
  message.nacks = 0;
  message.expiredLeases = 0;
  message.deliveryCount = 0;
  const before = message.earlier.pop();
  message.source = before?.source ?? null;
  message.deadLetteredAtMs = before?.deadLetteredAtMs ?? null;
  message.deadLetterReason = before?.deadLetterReason ?? null;
}

/** Handles every queue in one step. */
export function expire(
  state: ModelState,
  _command: ExpireCommand,
  nowMs: number,
): OutcomeOf['expire'] {
  removeMessages(
    state,
    (message) => message.state !== 'leased' && retentionEndMs(message) <= nowMs,
  );
  // The queue does not matter here.
  const ends = retentionTimes(state)
    .slice(0, 1)
    .map((atMs) => ({ queueId: 0, atMs }));
  return { nextQueueId: null, ends };
}

/** The times at which messages will be past their retention, in order. */
export const retentionTimes = (state: ModelState): number[] =>
  state.messages
    .filter(({ state: now }) => now === 'available' || now === 'dead')
    .map(retentionEndMs)
    .sort((a, b) => a - b);
