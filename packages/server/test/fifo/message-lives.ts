import type { CallOf, Observation, Published, Span } from './observations.js';

/** One stay of a message in its message group, from a publish or a redrive on. */
export interface Life {
  /** The call that put it there. */
  readonly placed: Span;
  /** Its index among the messages of that call. */
  readonly index: number;
  /** The tick before which no call that may have ended it had started. */
  mayEndAtTick: number;
  /** The tick by which it has certainly ended. */
  endedByTick: number;
}

export interface Delivery {
  readonly consume: CallOf<'consume'>;
  readonly receipt: string;
  /** Its index in the answer. */
  readonly index: number;
}

/** All observations of one message. */
export interface Message extends Published {
  readonly queue: string;
  readonly lives: Life[];
  readonly deliveries: Delivery[];
}

const NEVER = Number.POSITIVE_INFINITY;

export function livesOf(observations: readonly Observation[]): Map<string, Message> {
  const messages = new Map<string, Message>();
  const inOrder = [...observations].sort((a, b) => a.startTick - b.startTick);
  for (const seen of inOrder) {
    if (seen.call !== 'publish') continue;
    for (const [index, published] of seen.messages.entries()) {
      const life = { placed: seen, index, mayEndAtTick: NEVER, endedByTick: NEVER };
      const { queue } = seen;
      messages.set(published.messageId, { ...published, queue, lives: [life], deliveries: [] });
    }
  }
  for (const seen of inOrder) {
    if (seen.call === 'consume') noteDeliveries(messages, seen);
    if (seen.call === 'redrive') {
      const message = messages.get(seen.messageId);
      const last = message?.lives.at(-1);
      if (last === undefined) continue;
      // It was a dead letter, so its earlier life has ended.
      end(last, last.placed.endTick, seen.endTick);
      message?.lives.push({
        ...{ placed: seen, index: 0, mayEndAtTick: NEVER, endedByTick: NEVER },
      });
    }
  }
  for (const seen of inOrder) noteEnds(messages, seen);
  return messages;
}

function noteDeliveries(messages: Map<string, Message>, consume: CallOf<'consume'>): void {
  for (const [index, { messageId, receipt }] of consume.messages.entries()) {
    messages.get(messageId)?.deliveries.push({ consume, receipt, index });
  }
}

function noteEnds(messages: Map<string, Message>, seen: Observation): void {
  if (seen.call === 'ack') {
    for (const { messageId, acked } of seen.entries) if (acked) ends(messages, messageId, seen);
  }
  if (seen.call === 'nack') {
    for (const { messageId, nacked, requeued } of seen.entries) {
      if (nacked && !requeued) ends(messages, messageId, seen);
    }
  }
  if (seen.call !== 'purge') return;
  for (const message of messages.values()) {
    if (message.queue !== seen.queue) continue;
    for (const life of message.lives) {
      // A publish that overlapped the purge may have come before or after it.
      if (life.placed.startTick > seen.endTick) continue;
      end(life, seen.startTick, life.placed.endTick < seen.startTick ? seen.endTick : NEVER);
    }
  }
}

function ends(messages: Map<string, Message>, messageId: string, by: Span): void {
  const message = messages.get(messageId);
  const life = message?.lives.findLast(({ placed }) => placed.startTick < by.endTick);
  if (life !== undefined) end(life, by.startTick, by.endTick);
}

function end(life: Life, mayEndAtTick: number, endedByTick: number): void {
  life.mayEndAtTick = Math.min(life.mayEndAtTick, mayEndAtTick);
  life.endedByTick = Math.min(life.endedByTick, endedByTick);
}

/** Whether one life certainly precedes the other, by the calls that placed them. */
export const isBefore = (a: Life, b: Life): boolean =>
  a.placed === b.placed ? a.index < b.index : a.placed.endTick < b.placed.startTick;

/** The lives that a delivery may belong to. */
export const livesAt = (message: Message, { startTick, endTick }: Span): Life[] =>
  message.lives.filter(
    ({ placed, endedByTick }) => placed.startTick < endTick && startTick < endedByTick,
  );
