import { setTimeout as sleep } from 'node:timers/promises';
import type { PeekedMessage, PeekParams, Queue } from '@millrace/client';
import { SeenMessages } from './seen-messages.js';

const PAGE = 1_000;
/**
 * Where the order can change in front of a place, or has no lasting one, a look takes so many messages. The
 * first one takes all, because what it leaves out would be taken for new later.
 */
const MAX_LOOKED_AT = 10_000;

export interface TailOptions {
  readonly intervalMs: number;
  /** Whether the messages that are there at first count as new. */
  readonly fromStart: boolean;
}

/** What a tail needs of a queue. */
export type TailedQueue = Pick<Queue, 'get' | 'peek'>;

/**
 * The messages of a queue that one look after the other has not seen before. Ends with the signal; a call
 * that is under way then fails with its reason.
 *
 * Beside a long backlog, or after many messages, it goes by the times of messages (`SeenMessages`). A
 * redrive changes no time, so what is redriven then counts as old.
 */
export async function* newMessages(
  queue: TailedQueue,
  { intervalMs, fromStart }: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<PeekedMessage> {
  const { enablePriority } = await queue.get({ signal });
  const available = new Walk(queue, 'available', !enablePriority);
  const leased = new Walk(queue, 'leased', false);
  const delayed = new Walk(queue, 'delayed', false);
  const seen = new SeenMessages();
  // All that is leased now was not seen as available, so it is no repetition, however old it is.
  for (const walk of [leased, delayed, available]) {
    for await (const message of walk.all(signal)) {
      if (seen.add(message).isUnknown && fromStart) yield message;
    }
  }
  // What was leased during these walks was there before, too.
  for await (const message of leased.all(signal)) {
    if (seen.add(message).isNew && fromStart) yield message;
  }
  while (!signal.aborted) {
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    // In the order of a message's life, so that one that moves on during a look is met.
    for (const walk of [delayed, available, leased]) {
      for await (const message of walk.some(signal)) if (seen.add(message).isNew) yield message;
    }
  }
}

/** Walks the messages of one state, again and again. */
class Walk {
  #cursor: string | undefined;

  /** @param isLasting whether new messages come last, so that a walk can go on where the last one ended */
  constructor(
    private readonly queue: TailedQueue,
    private readonly state: PeekParams['state'],
    private readonly isLasting: boolean,
  ) {}

  all(signal: AbortSignal): AsyncGenerator<PeekedMessage> {
    return this.#messages(Number.POSITIVE_INFINITY, signal);
  }

  /** Those that have come since the last walk, or the first ones. */
  some(signal: AbortSignal): AsyncGenerator<PeekedMessage> {
    return this.#messages(this.isLasting ? Number.POSITIVE_INFINITY : MAX_LOOKED_AT, signal);
  }

  async *#messages(max: number, signal: AbortSignal): AsyncGenerator<PeekedMessage> {
    const { queue, state } = this;
    if (!this.isLasting) this.#cursor = undefined;
    let count = 0;
    while (!signal.aborted) {
      const page = await queue.peek({ state, cursor: this.#cursor, limit: PAGE, signal }).page();
      yield* page.items;
      count += page.items.length;
      // The last page is looked at again, because it may get longer.
      if (page.nextCursor === undefined || count >= max) return;
      this.#cursor = page.nextCursor;
    }
  }
}
