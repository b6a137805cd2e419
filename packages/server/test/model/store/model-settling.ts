import type {
  AckCommand,
  DeliveryRef,
  ExtendCommand,
  NackCommand,
  OutcomeOf,
} from '#server/core/commands/commands';
import { type Refusal, refuse } from '#server/core/refusal';
import { failByNack, returnToQueue } from './model-failures.js';
import { nackInGroups, withdrawLater } from './model-fifo.js';
import { findMessage, type ModelMessage, type ModelQueue, type ModelState } from './model-state.js';

const LEASE_MAX_MS = 12 * 3_600_000;

type Verb = 'ack' | 'nack' | 'extend';
type Judgement = 'acts' | 'lost' | 'nothing';
type Row = Record<Verb, readonly [latest: Judgement, older: Judgement, none: Judgement]>;

/** The contract's table of receipts, row by row. */
const LEASED: Row = {
  ack: ['acts', 'lost', 'acts'],
  nack: ['acts', 'lost', 'acts'],
  extend: ['acts', 'lost', 'acts'],
};
const RAN_OUT: Row = {
  ack: ['acts', 'lost', 'acts'],
  nack: ['lost', 'lost', 'nothing'],
  extend: ['lost', 'lost', 'nothing'],
};
const RETURNED: Row = {
  ack: ['lost', 'lost', 'nothing'],
  nack: ['lost', 'lost', 'nothing'],
  extend: ['lost', 'lost', 'nothing'],
};

function check(message: ModelMessage | undefined, receipt: string | null, verb: Verb): Judgement {
  if (message === undefined || message.state === 'dead' || message.receipt === null) {
    return 'nothing';
  }
  const returnedOrNot = message.leaseEnd === 'expired' ? RAN_OUT : RETURNED;
  const row = message.state === 'leased' ? LEASED : returnedOrNot;
  const [latest, older, none] = row[verb];
  if (receipt === null) return none;
  return receipt === message.receipt ? latest : older;
}

const lost = (): Refusal => refuse('LEASE_LOST', 'of the model');

/** Checks all entries before any of them takes effect; a message is settled only once. */
function judgeAll<E extends DeliveryRef>(
  state: ModelState,
  queue: ModelQueue,
  entries: readonly E[],
  verb: Verb,
): { entry: E; message: ModelMessage | undefined; judgement: Judgement }[] {
  const settled = new Set<string>();
  return entries.map((entry) => {
    const message = findMessage(state, queue, entry.messageId);
    let judgement = check(message, entry.receipt, verb);
    if (judgement === 'acts' && settled.has(entry.messageId)) judgement = 'nothing';
    if (judgement === 'acts') settled.add(entry.messageId);
    return { entry, message, judgement };
  });
}

export function ack(
  state: ModelState,
  queue: ModelQueue,
  command: AckCommand,
): OutcomeOf['ack'] | Refusal {
  const checked = judgeAll(state, queue, command.entries, 'ack');
  if (!command.batch && checked[0]?.judgement === 'lost') return lost();
  const results = checked.map(({ entry: { messageId }, message, judgement }) => {
    if (judgement === 'lost') return { messageId, ...lost() };
    const acked = judgement === 'acts';
    if (acked) state.messages = state.messages.filter((other) => other !== message);
    return { messageId, ok: true as const, acked };
  });
  return { results };
}

export function nack(
  state: ModelState,
  queue: ModelQueue,
  command: NackCommand,
  nowMs: number,
): OutcomeOf['nack'] | Refusal {
  const checked = judgeAll(state, queue, command.entries, 'nack');
  if (!command.batch && checked[0]?.judgement === 'lost') return lost();
  const acting = checked.flatMap(({ entry, message, judgement }) =>
    judgement === 'acts' && message !== undefined ? [{ entry, message }] : [],
  );
  const again =
    queue.type === 'fifo'
      ? nackInGroups(state, acting, command, nowMs)
      : new Map(
          acting.map(({ entry, message }) => [
            entry.messageId,
            failByNack(state, message, entry, command.keyId ?? null, nowMs),
          ]),
        );
  const results = checked.map(({ entry: { messageId }, judgement }) => {
    if (judgement === 'lost') return { messageId, ...lost() };
    const nacked = judgement === 'acts';
    const requeued = nacked && again.get(messageId) === true;
    return { messageId, ok: true as const, nacked, requeued };
  });
  return { results };
}

export function extend(
  state: ModelState,
  queue: ModelQueue,
  command: ExtendCommand,
  nowMs: number,
): OutcomeOf['extend'] | Refusal {
  const message = findMessage(state, queue, command.messageId);
  const judgement = check(message, command.receipt, 'extend');
  if (judgement === 'lost') return lost();
  if (judgement === 'nothing' || message === undefined) {
    return { extended: false, leaseExpiresAtMs: null };
  }
  if (command.visibilityTimeoutMs === 0) {
    returnToQueue(state, message, 'returned', 0, nowMs);
    withdrawLater(state, message, nowMs);
    return { extended: true, leaseExpiresAtMs: null };
  }
  const leaseExpiresAtMs = nowMs + command.visibilityTimeoutMs;
  if (leaseExpiresAtMs - message.leasedAtMs > LEASE_MAX_MS) {
    return refuse('INVALID_REQUEST', 'of the model');
  }
  message.dueAtMs = leaseExpiresAtMs;
  return { extended: true, leaseExpiresAtMs };
}
