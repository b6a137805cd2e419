import { callsOf, mayHaveDied, type Run } from './group-order.js';
import { isBefore, livesAt, type Message } from './message-lives.js';
import type { CallOf, Span } from './observations.js';

/** A nack's delay blocks the whole message group. */
export function brokenDelays(run: Run): string[] {
  const found: string[] = [];
  const consumes = callsOf(run, 'consume');
  for (const nack of callsOf(run, 'nack')) {
    const [entry] = nack.entries;
    // In a batch only one entry of a message group has its delay applied, which the conformance suite
    // checks.
    if (entry === undefined || nack.entries.length > 1) continue;
    const message = run.messages.get(entry.messageId);
    if (!entry.requeued || entry.delayMs === 0 || message === undefined) continue;
    for (const consume of consumes) {
      if (consume.queue !== nack.queue || consume.startTick < nack.endTick) continue;
      if (consume.endMs >= nack.startMs + entry.delayMs) continue;
      // A purge or a redrive removes the delayed message, which frees its message group.
      const isThere = livesAt(message, nack).every(
        ({ mayEndAtTick }) => mayEndAtTick > consume.endTick,
      );
      const early = consume.messages.find(({ group }) => group === message.group);
      if (isThere && early !== undefined) {
        found.push(`${early.messageId} did not wait for the delay of ${entry.messageId}`);
      }
    }
  }
  return found;
}

/**
 * No message has two holders: a lease ends early only when an earlier message may have been requeued.
 */
export function doubleLeases(run: Run): string[] {
  const found: string[] = [];
  for (const message of run.messages.values()) {
    for (const first of message.deliveries) {
      const heldUntilMs = first.consume.startMs + first.consume.visibilityMs;
      for (const { consume } of message.deliveries) {
        if (consume.startTick < first.consume.endTick || consume.endMs >= heldUntilMs) continue;
        const between = { startTick: first.consume.startTick, endTick: consume.endTick };
        if (mayHaveGoneBack(run, message, between)) continue;
        found.push(`${message.messageId} was delivered again while its lease was held`);
      }
    }
  }
  return found;
}

function mayHaveGoneBack(
  run: Run,
  message: Message,
  { startTick, endTick }: Pick<Span, 'startTick' | 'endTick'>,
): boolean {
  const isOfGroup = (messageId: string): boolean => {
    const other = run.messages.get(messageId);
    return other?.queue === message.queue && other.group === message.group;
  };
  return run.observations.some((seen) => {
    if (seen.startTick > endTick || seen.endTick < startTick) return false;
    if (seen.call === 'extend') return isOfGroup(seen.messageId);
    if (seen.call === 'nack') return seen.entries.some(({ messageId }) => isOfGroup(messageId));
    // A purge frees the message group for later messages, and a redrive gives a message a new seq.
    return (seen.call === 'purge' || seen.call === 'redrive') && seen.queue === message.queue;
  });
}

/** A requeued message withdraws the leases of all messages that follow it. */
export function receiptsThatOutlived(run: Run): string[] {
  const found: string[] = [];
  const returns = returnsOf(run);
  for (const settled of settlesOf(run)) {
    const later = run.messages.get(settled.messageId);
    const delivery = later?.deliveries.find(({ receipt }) => receipt === settled.receipt);
    if (later === undefined || delivery === undefined) continue;
    const { consume } = delivery;
    for (const back of returns) {
      const earlier = run.messages.get(back.messageId);
      if (earlier === undefined || earlier === later) continue;
      if (earlier.queue !== later.queue || earlier.group !== later.group) continue;
      if (consume.endTick > back.span.startTick || settled.span.startTick < back.span.endTick)
        continue;
      // A lease that had already run out by itself cannot be withdrawn.
      if (back.span.endMs >= consume.startMs + consume.visibilityMs) continue;
      const lives = livesAt(later, consume);
      const isLater =
        lives.length > 0 &&
        livesAt(earlier, back.span).every((life) => lives.every((own) => isBefore(life, own)));
      if (isLater) {
        found.push(`${later.messageId} was settled after ${earlier.messageId} was requeued`);
      }
    }
  }
  return found;
}

interface Settled {
  readonly span: Span;
  readonly messageId: string;
  readonly receipt: string;
}

const returnsOf = (run: Run): Settled[] => [
  ...callsOf(run, 'nack').flatMap((span) =>
    span.entries
      .filter(({ nacked, requeued }) => nacked && requeued)
      .map(({ messageId, receipt }) => ({ span, messageId, receipt })),
  ),
  ...callsOf(run, 'extend')
    .filter(({ extended, visibilityMs }) => extended && visibilityMs === 0)
    .map(({ messageId, receipt, ...span }) => ({ span, messageId, receipt })),
];

const settlesOf = (run: Run): Settled[] => [
  ...callsOf(run, 'ack').flatMap((span) =>
    span.entries
      .filter(({ acked }) => acked)
      .map(({ messageId, receipt }) => ({ span, messageId, receipt })),
  ),
  ...callsOf(run, 'nack').flatMap((span) =>
    span.entries
      .filter(({ nacked }) => nacked)
      .map(({ messageId, receipt }) => ({ span, messageId, receipt })),
  ),
  ...callsOf(run, 'extend')
    .filter(({ extended }) => extended)
    .map(({ messageId, receipt, ...span }) => ({ span, messageId, receipt })),
];

/**
 * A message group in which certainly no message is held is delivered when there is room: others do not
 * block it.
 */
export function starvedGroups(run: Run): string[] {
  if (!run.oneByOne) return [];
  const found: string[] = [];
  for (const consume of callsOf(run, 'consume')) {
    if (consume.messages.length >= consume.maxMessages) continue;
    const there = [...run.messages.values()].filter(({ queue }) => queue === consume.queue);
    for (const group of new Set(there.map((message) => message.group))) {
      if (consume.messages.some((given) => given.group === group)) continue;
      const mates = there.filter((message) => message.group === group);
      const waiting = mates.find((message) => isSurelyThere(run, message, consume));
      if (waiting === undefined || mates.some((mate) => mayBeHeld(run, mate, consume))) continue;
      found.push(
        `${waiting.messageId} was not delivered although no message of its group was held`,
      );
    }
  }
  return found;
}

function isSurelyThere(run: Run, message: Message, consume: CallOf<'consume'>): boolean {
  return message.lives.some(
    (life) =>
      life.placed.endTick < consume.startTick &&
      life.mayEndAtTick > consume.endTick &&
      !mayHaveDied(run, message, life, consume),
  );
}

/** Leased, as far as its clients know, or delayed. */
function mayBeHeld(run: Run, message: Message, now: CallOf<'consume'>): boolean {
  if (livesAt(message, now).length === 0) return false;
  const before = run.observations.filter(({ endTick }) => endTick < now.startTick);
  return before.some((seen) => {
    if (seen.call === 'nack') {
      const entry = seen.entries.find(({ messageId }) => messageId === message.messageId);
      return entry !== undefined && seen.endMs + entry.delayMs > now.startMs;
    }
    if (seen.call === 'extend') {
      if (seen.messageId !== message.messageId || !seen.extended) return false;
      return seen.endMs + seen.visibilityMs > now.startMs;
    }
    if (seen.call !== 'consume') return false;
    const given = seen.messages.find(({ messageId }) => messageId === message.messageId);
    if (given === undefined || seen.endMs + seen.visibilityMs <= now.startMs) return false;
    return !before.some((later) => endsDelivery(later, given.receipt));
  });
}

const endsDelivery = (seen: Run['observations'][number], receipt: string): boolean =>
  (seen.call === 'nack' &&
    seen.entries.some((entry) => entry.receipt === receipt && entry.nacked)) ||
  (seen.call === 'extend' && seen.receipt === receipt && seen.visibilityMs === 0 && seen.extended);
