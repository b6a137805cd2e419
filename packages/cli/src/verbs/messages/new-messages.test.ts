import type { PeekedMessage, PeekParams } from '@millrace/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newMessages, type TailedQueue } from './new-messages.js';

type State = NonNullable<PeekParams['state']>;

/** More than a tail remembers by id. */
const BACKLOG = 50_000;
const PAGE = 1_000;

/** A queue whose messages a test moves from state to state. A message's id is its place in the order. */
class FakeQueue {
  readonly #states = new Map<number, { state: State; deadLetteredAt?: string }>();
  looks = 0;

  publish(count: number, state: State = 'available'): number {
    for (let n = 0; n < count; n += 1) this.#states.set(this.#states.size, { state });
    return this.#states.size - 1;
  }

  move(from: number, to: number, state: State): void {
    for (let place = from; place < to; place += 1) this.#states.set(place, { state });
  }

  get asQueue(): TailedQueue {
    const get = async () => ({ enablePriority: false });
    const peek = ({ state, cursor }: PeekParams) => ({
      page: async () => this.#page(state, cursor),
    });
    return { get, peek } as unknown as TailedQueue;
  }

  #page(state: State | undefined, cursor = '-1'): object {
    if (state === 'leased') this.looks += 1;
    const items: Partial<PeekedMessage>[] = [];
    for (let place = Number(cursor) + 1; place < this.#states.size; place += 1) {
      if (this.#states.get(place)?.state !== state) continue;
      if (items.length === PAGE) return { items, nextCursor: items.at(-1)?.messageId };
      // Ten in each millisecond.
      const enqueuedAt = new Date(1_700_000_000_000 + Math.floor(place / 10)).toISOString();
      items.push({ messageId: String(place), enqueuedAt });
    }
    return { items };
  }
}

let queue: FakeQueue;
let end: AbortController;

beforeEach(() => {
  queue = new FakeQueue();
  end = new AbortController();
});
afterEach(() => end.abort());

/** Starts a tail. @returns the places of the messages that it has found so far */
function tail(fromStart = false): number[] {
  const found: number[] = [];
  const run = async (): Promise<void> => {
    const options = { intervalMs: 1, fromStart };
    for await (const { messageId } of newMessages(queue.asQueue, options, end.signal)) {
      found.push(Number(messageId));
    }
  };
  run().catch(() => undefined);
  return found;
}

async function looks(count: number): Promise<void> {
  const wanted = queue.looks + count;
  await expect.poll(() => queue.looks, { timeout: 20_000 }).toBeGreaterThan(wanted);
}

/** The first look walks the leased messages twice, and its end is the beginning of another look. */
const firstLook = (): Promise<void> => looks(3);

describe('beside a backlog that is longer than what it remembers, a tail', () => {
  it('finds what comes, and nothing that was there before and is then leased or delayed', async () => {
    queue.publish(BACKLOG);
    const found = tail();
    await firstLook();
    queue.move(0, 100, 'leased');
    queue.move(20_000, 20_100, 'delayed');
    queue.move(49_900, 49_950, 'leased');
    const next = queue.publish(1);
    await looks(2);
    expect(found).toEqual([next]);
  });

  it('takes no message for new whose delay was longer than a look reaches', async () => {
    queue.publish(BACKLOG, 'delayed');
    const found = tail();
    await firstLook();
    queue.move(0, 10_000, 'available');
    await looks(2);
    queue.move(10_000, BACKLOG, 'available');
    const next = queue.publish(1);
    await looks(2);
    expect(found).toEqual([next]);
  });

  it('finds each message once with --from-start, whatever becomes of it then', async () => {
    queue.publish(BACKLOG);
    queue.move(0, 500, 'leased');
    const found = tail(true);
    await firstLook();
    queue.move(0, 500, 'available');
    queue.move(500, 1_000, 'leased');
    const next = queue.publish(1);
    await looks(2);
    expect(found).toHaveLength(BACKLOG + 1);
    expect(new Set(found).size).toBe(found.length);
    expect(found.at(-1)).toBe(next);
  });
});

it('a message that came long ago and is then leased is not found again', async () => {
  const found = tail();
  await firstLook();
  queue.publish(BACKLOG);
  await looks(2);
  expect(found).toHaveLength(BACKLOG);
  queue.move(0, 1_000, 'leased');
  await looks(2);
  expect(found).toHaveLength(BACKLOG);
});
