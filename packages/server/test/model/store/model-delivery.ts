import type {
  ConsumeCommand,
  LeasedMessage,
  NewMessage,
  OutcomeOf,
  PublishCommand,
  StoredMessage,
} from '#server/core/commands/commands';
import { type Refusal, refuse } from '#server/core/refusal';
import { answerBytes } from '#server/core/store/answer-size';
import { deliverable, isForbidden, publishedBefore, rememberPublish } from './model-fifo.js';
import {
  type ModelMessage,
  type ModelQueue,
  type ModelState,
  removeMessages,
  retentionEndMs,
  takePlace,
} from './model-state.js';

export function publish(
  state: ModelState,
  queue: ModelQueue,
  command: PublishCommand,
  nowMs: number,
): OutcomeOf['publish'] | Refusal {
  if (queue.type !== 'fifo') {
    for (const message of command.messages) insert(state, queue, message, nowMs);
    return { messageIds: command.messages.map(({ messageId }) => messageId) };
  }
  if (command.messages.some(isForbidden)) return refuse('INVALID_REQUEST', 'of the model');
  const messageIds = command.messages.map((message) => {
    const first = publishedBefore(state, queue, command, message, nowMs);
    if (first !== undefined) return first;
    rememberPublish(state, queue, command, message, nowMs);
    insert(state, queue, message, nowMs);
    return message.messageId;
  });
  return { messageIds };
}

function insert(
  state: ModelState,
  queue: ModelQueue,
  { delayMs, ...message }: NewMessage,
  nowMs: number,
): void {
  state.messages.push({
    ...message,
    enqueuedAtMs: nowMs,
    queue,
    state: delayMs > 0 ? 'delayed' : 'available',
    rank: queue.enablePriority ? message.priority : 0,
    place: takePlace(state),
    firstAvailableAtMs: nowMs + delayMs,
    dueAtMs: delayMs > 0 ? nowMs + delayMs : null,
    receipt: null,
    leasedAtMs: 0,
    leaseEnd: null,
    nacks: 0,
    expiredLeases: 0,
    failed: [],
    leasedBy: null,
    deliveryCount: 0,
    source: null,
    deadLetteredAtMs: null,
    deadLetterReason: null,
    earlier: [],
    lastError: null,
  });
}

export function consume(
  state: ModelState,
  queue: ModelQueue,
  command: ConsumeCommand,
  nowMs: number,
): OutcomeOf['consume'] {
  const available =
    queue.type === 'fifo'
      ? deliverable(state, queue, nowMs)
      : state.messages
          .filter((message) => message.queue === queue && message.state === 'available')
          .sort((a, b) => b.rank - a.rank || a.place - b.place);
  const messages: LeasedMessage[] = [];
  let bytes = 0;
  for (const message of available) {
    if (messages.length === command.maxMessages) break;
    if (nowMs >= retentionEndMs(message)) {
      removeMessages(state, (other) => other === message);
      continue;
    }
    bytes += answerBytes(
      Buffer.byteLength(message.payload) + Buffer.byteLength(message.headers ?? ''),
      storedMessage(message),
    );
    if (messages.length > 0 && bytes > command.maxBytes) {
      return { messages, cutShort: true };
    }
    message.state = 'leased';
    message.receipt = `${command.receiptPrefix}.${messages.length}`;
    message.leasedAtMs = nowMs;
    message.leasedBy = command.keyId ?? null;
    message.dueAtMs = nowMs + (command.visibilityTimeoutMs ?? queue.visibilityTimeoutDefaultMs);
    message.leaseEnd = null;
    message.deliveryCount += 1;
    messages.push(leasedMessage(message));
  }
  return { messages };
}

/** The messages of an earlier consume that are still leased with its receipts. */
export function stillHeld(
  state: ModelState,
  queue: ModelQueue,
  given: readonly LeasedMessage[],
): LeasedMessage[] {
  return given.flatMap(({ messageId, receipt }) =>
    state.messages
      .filter(
        (message) =>
          message.messageId === messageId &&
          message.queue === queue &&
          message.state === 'leased' &&
          message.receipt === receipt,
      )
      .map(leasedMessage),
  );
}

const leasedMessage = (message: ModelMessage): LeasedMessage => ({
  ...storedMessage(message),
  nacks: message.nacks,
  receipt: message.receipt as string,
  leaseExpiresAtMs: message.dueAtMs as number,
});

export const storedMessage = (message: ModelMessage): StoredMessage => ({
  messageId: message.messageId,
  payload: message.payload,
  headers: message.headers,
  priority: message.priority,
  groupId: message.groupId,
  deduplicationId: message.deduplicationId,
  enqueuedAtMs: message.enqueuedAtMs,
  deliveryCount: message.deliveryCount,
  sourceQueue: message.source?.name ?? null,
  deadLetteredAtMs: message.deadLetteredAtMs,
  deadLetterReason: message.deadLetterReason,
  lastError: message.lastError,
});
