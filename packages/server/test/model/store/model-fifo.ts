import type {
  NackCommand,
  NackEntry,
  NewMessage,
  PublishCommand,
} from '#server/core/commands/commands';
import { failByLeaseEnd, failByNack, returnToQueue } from './model-failures.js';
import {
  type ModelMessage,
  type ModelQueue,
  type ModelState,
  removeMessages,
  retentionEndMs,
} from './model-state.js';

/** The special rules of FIFO queues: order and blocking within their message groups. */

const WINDOW_MS = 300_000;

/** All messages in the same queue with the same group id, in order; no id is a message group, too. */
export const groupOf = (state: ModelState, { queue, groupId }: ModelMessage): ModelMessage[] =>
  state.messages
    .filter((other) => other.queue === queue && other.groupId === groupId && other.state !== 'dead')
    .sort((a, b) => a.place - b.place);

const isHeld = ({ state }: ModelMessage): boolean => state === 'leased' || state === 'delayed';

/**
 * The messages that may be delivered now, in the order of delivery: one message group after the other,
 * each in its order. Messages past their retention come first and are removed.
 */
export function deliverable(state: ModelState, queue: ModelQueue, nowMs: number): ModelMessage[] {
  const here = state.messages
    .filter((message) => message.queue === queue && message.state !== 'dead')
    .sort((a, b) => a.place - b.place);
  const blocked = new Set(here.filter(isHeld).map(({ groupId }) => groupId));
  const free = here.filter(({ groupId }) => !blocked.has(groupId));
  removeMessages(state, (message) => free.includes(message) && nowMs >= retentionEndMs(message));
  const left = free.filter((message) => state.messages.includes(message));
  // Ordered by their first messages, since these come first here.
  const groupIds = [...new Set(left.map(({ groupId }) => groupId))];
  return groupIds.flatMap((groupId) => left.filter((message) => message.groupId === groupId));
}

/** Whether another message of its message group precedes it, also one that is leased with it. */
export const isBehindHead = (state: ModelState, message: ModelMessage): boolean =>
  message.queue.type === 'fifo' &&
  message.state !== 'dead' &&
  groupOf(state, message)[0] !== message;

/** A message was requeued: later messages of its message group lose their leases. */
export function withdrawLater(state: ModelState, message: ModelMessage, nowMs: number): void {
  if (message.queue.type !== 'fifo') return;
  for (const later of groupOf(state, message)) {
    if (later.place <= message.place || later.state !== 'leased') continue;
    returnToQueue(state, later, 'returned', 0, nowMs);
  }
}

/** Settles together the leases of one message group that ran out. */
export function settleGroup(
  state: ModelState,
  ranOut: readonly ModelMessage[],
  nowMs: number,
): void {
  let failed = false;
  for (;;) {
    const left = ranOut.filter((message) => message.state === 'leased');
    const endMs = Math.min(...left.map(({ dueAtMs }) => dueAtMs as number));
    const together = left
      .filter(({ dueAtMs }) => dueAtMs === endMs)
      .sort((a, b) => a.place - b.place);
    const [first, last] = [together[0], together.at(-1)];
    if (first === undefined || last === undefined) return;
    const isTurn = !groupOf(state, first).some(
      (other) => other.place < first.place && isHeld(other),
    );
    if (isTurn && !failed) {
      failByLeaseEnd(state, first, nowMs);
      failed = true;
    } else {
      returnToQueue(state, last, 'expired', 0, nowMs);
      withdrawLater(state, last, nowMs);
    }
  }
}

/** Applies the effective entries of a nack. @returns whether each of them will be retried */
export function nackInGroups(
  state: ModelState,
  acting: readonly { entry: NackEntry; message: ModelMessage }[],
  command: NackCommand,
  nowMs: number,
): Map<string, boolean> {
  const requeued = new Map<string, boolean>();
  const failedGroups = new Set<string | null>();
  // The order of the queue counts, not that of the entries.
  for (const { entry, message } of [...acting].sort((a, b) => a.message.place - b.message.place)) {
    const { messageId, requeue } = entry;
    if (!state.messages.includes(message)) {
      // An earlier entry withdrew it when it was past its retention.
      requeued.set(messageId, false);
    } else if (requeue && failedGroups.has(message.groupId)) {
      requeued.set(messageId, returnToQueue(state, message, 'returned', 0, nowMs));
      withdrawLater(state, message, nowMs);
    } else {
      const again = failByNack(state, message, entry, command.keyId ?? null, nowMs);
      requeued.set(messageId, again);
      if (requeue) failedGroups.add(message.groupId);
    }
  }
  return requeued;
}

export const isForbidden = ({ priority, delayMs }: NewMessage): boolean =>
  priority !== 0 || delayMs !== 0;

/** The id of the message of which this one is a duplicate. */
export function publishedBefore(
  state: ModelState,
  queue: ModelQueue,
  command: PublishCommand,
  message: NewMessage,
  nowMs: number,
): string | undefined {
  const id = deduplicationOf(command, message);
  return state.publishes.find(
    (known) => known.queueId === queue.id && known.id === id && nowMs < known.atMs + WINDOW_MS,
  )?.messageId;
}

export function rememberPublish(
  state: ModelState,
  queue: ModelQueue,
  command: PublishCommand,
  message: NewMessage,
  nowMs: number,
): void {
  const id = deduplicationOf(command, message);
  if (id === null) return;
  state.publishes = state.publishes.filter((old) => old.queueId !== queue.id || old.id !== id);
  const { messageId } = message;
  state.publishes.push({ queueId: queue.id, id, messageId, atMs: nowMs });
}

/** The times at which deduplication windows end, in order. */
export const windowEnds = (state: ModelState): number[] =>
  state.publishes.map(({ atMs }) => atMs + WINDOW_MS).sort((a, b) => a - b);

const deduplicationOf = (
  { batch, idempotency }: PublishCommand,
  { deduplicationId }: NewMessage,
): string | null => deduplicationId ?? (batch ? null : (idempotency?.key ?? null));
