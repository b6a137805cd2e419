import { setTimeout as sleep } from 'node:timers/promises';
import type { PeekedMessage, PeekParams, Queue } from '@millrace/client';

const PAGE = 1_000;
/** Where the order can change in front of a place, or has no lasting one, a look takes so many messages. */
const MAX_LOOKED_AT = 10_000;
/** More ids than the messages of one look. */
const MAX_REMEMBERED = 4 * MAX_LOOKED_AT;

export interface TailOptions {
  readonly intervalMs: number;
  /** Whether the messages that are there at first count as new. */
  readonly fromStart: boolean;
}

/**
 * The messages of a queue that one look after the other has not seen before. Ends with the signal; a call
 * that is under way then fails with its reason.
 */
export async function* newMessages(
  queue: Queue,
  { intervalMs, fromStart }: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<PeekedMessage> {
  const { enablePriority } = await queue.get({ signal });
  const available = new Walk(queue, 'available', !enablePriority);
  const others = [new Walk(queue, 'leased', false), new Walk(queue, 'delayed', false)];
  const seen = new Seen();
  for (let look = 1; !signal.aborted; look += 1) {
    const isFirst = look === 1;
    for (const walk of [available, ...others]) {
      for await (const message of walk.messages(signal)) {
        if (seen.add(message.messageId) && (!isFirst || fromStart)) yield message;
      }
    }
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Walks the messages of one state, again and again. */
class Walk {
  #cursor: string | undefined;

  /** @param isLasting whether new messages come last, so that a walk can go on where the last one ended */
  constructor(
    private readonly queue: Queue,
    private readonly state: PeekParams['state'],
    private readonly isLasting: boolean,
  ) {}

  async *messages(signal: AbortSignal): AsyncGenerator<PeekedMessage> {
    const { queue, state } = this;
    if (!this.isLasting) this.#cursor = undefined;
    let count = 0;
    while (!signal.aborted) {
      const page = await queue.peek({ state, cursor: this.#cursor, limit: PAGE, signal }).page();
      yield* page.items;
      count += page.items.length;
      // The last page is looked at again, because it may get longer.
      if (page.nextCursor === undefined) return;
      this.#cursor = page.nextCursor;
      if (!this.isLasting && count >= MAX_LOOKED_AT) return;
    }
  }
}

/** The ids that were seen last. */
class Seen {
  readonly #ids = new Set<string>();

  /** @returns whether the id is new */
  add(id: string): boolean {
    const isNew = !this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size > MAX_REMEMBERED) {
      const [oldest] = this.#ids;
      this.#ids.delete(oldest as string);
    }
    return isNew;
  }
}
