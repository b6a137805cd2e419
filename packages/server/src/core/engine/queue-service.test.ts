import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import type { Command, LeasedMessage, Outcome } from '../commands/commands.js';
import type { Idempotency } from '../commands/queue-command.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import { ConsumerBook } from '../consumers/consumer-book.js';
import { createIdSource } from '../ids.js';
import { ENDLESS_ACCESS } from '../keys/caller.js';
import type { Store } from '../store/store.js';
import { ByteBudget } from './byte-budget.js';
import { createLongPolls } from './long-poll.js';
import { QueueService } from './queue-service.js';

const TARGET = { project: 'p', queue: 'q', idempotency: null };
const WANTED = { maxMessages: 1, visibilityTimeoutMs: null, waitMs: 0, maxBytes: 1_000 };
const LIMITS = { clients: 10, clientsOfProject: 10, safetyPollMs: null };
const CUT_SHORT: Outcome<'consume'> = { ok: true, replayed: false, messages: [], cutShort: true };
const FOUND: Outcome<'consume'> = {
  ok: true,
  replayed: false,
  messages: [{ messageId: 'fresh' } as LeasedMessage],
};

/**
 * A queue in which the given number of consumes meet only messages past their retention, before a fresh
 * one.
 */
function queueBehindExpired(cutShortTimes: number, commandMs: number) {
  const clock = new FakeClock();
  let consumes = 0;
  const commit = {
    submit: async (_command: Command) => {
      clock.advance(commandMs);
      consumes += 1;
      return consumes > cutShortTimes ? FOUND : CUT_SHORT;
    },
  } as unknown as GroupCommit;
  const store = { clock, safetyPollMs: null, expectReady: () => {} } as unknown as Store;
  const ids = createIdSource(clock);
  const longPolls = createLongPolls(clock, LIMITS);
  const service = new QueueService(store, commit, longPolls, new ConsumerBook(clock), ids, {
    autoCreate: false,
    jobInterrupted: () => {},
  });
  let gone = false;
  const presence = { gone: () => gone, onGone: () => () => {} };
  return {
    consume: (waitMs = 0) =>
      service.consume(TARGET, {
        ...WANTED,
        waitMs,
        presence,
        room: new ByteBudget(1_000_000).open('p', 'answer'),
        access: ENDLESS_ACCESS,
      }),
    leave: () => {
      gone = true;
    },
    consumes: () => consumes,
  };
}

describe('a consume behind messages past their retention', () => {
  it('continues until it finds a fresh message', async () => {
    const queue = queueBehindExpired(5, 10);
    expect(await queue.consume()).toEqual(FOUND);
    expect(queue.consumes()).toBe(6);
  });

  it('gives up after a moment', async () => {
    const queue = queueBehindExpired(Number.POSITIVE_INFINITY, 100);
    expect(await queue.consume()).toEqual(CUT_SHORT);
    expect(queue.consumes()).toBe(10);
  });

  it('does not start to wait while there are messages to look through', async () => {
    // Nothing wakes it, and the clock moves only with its commands.
    const queue = queueBehindExpired(50, 100);
    expect(await queue.consume(20_000)).toEqual(FOUND);
    expect(queue.consumes()).toBe(51);
  });

  it('takes no longer than its waiting time', async () => {
    const queue = queueBehindExpired(Number.POSITIVE_INFINITY, 100);
    expect(await queue.consume(3_000)).toEqual(CUT_SHORT);
    expect(queue.consumes()).toBeLessThanOrEqual(40);
  });

  it.each([0, 20_000])('ends when its client has gone, waiting %d ms', async (waitMs) => {
    const queue = queueBehindExpired(Number.POSITIVE_INFINITY, 1);
    queue.leave();
    expect(await queue.consume(waitMs)).toEqual(CUT_SHORT);
    expect(queue.consumes()).toBe(1);
  });
});

describe('a client that hangs up while its consume commits', () => {
  const MESSAGES = ['first', 'second'].map(
    (name) => ({ messageId: name, receipt: `receipt of the ${name}` }) as LeasedMessage,
  );
  const IDEMPOTENCY = {
    capability: 'queue.consume',
    key: 'k',
    fingerprint: 'f',
    windowMs: 1_000,
  } as Idempotency;

  /** Makes a call whose client leaves, or whose key ends, once the store has leased its messages. */
  async function consumeWithout(
    lacking: { client?: true; key?: true },
    { waitMs = 0, idempotency = null as Idempotency | null } = {},
  ) {
    const clock = new FakeClock();
    const submitted: Command[] = [];
    let isLeased = false;
    const commit = {
      submit: async (command: Command) => {
        submitted.push(command);
        if (command.kind !== 'consume') return { ok: true };
        isLeased = true;
        return { ok: true, replayed: false, messages: MESSAGES };
      },
    } as unknown as GroupCommit;
    const store = { clock, safetyPollMs: null, expectReady: () => {} } as unknown as Store;
    const longPolls = createLongPolls(clock, LIMITS);
    const service = new QueueService(
      store,
      commit,
      longPolls,
      new ConsumerBook(clock),
      createIdSource(clock),
      {
        autoCreate: false,
        jobInterrupted: () => {},
      },
    );
    const goes = lacking.client === true;
    const ends = lacking.key === true;
    const outcome = await service.consume(
      { ...TARGET, idempotency },
      {
        ...WANTED,
        maxMessages: 2,
        waitMs,
        presence: { gone: () => goes && isLeased, onGone: () => () => {} },
        room: new ByteBudget(1_000_000).open('p', 'answer'),
        access: { ...ENDLESS_ACCESS, ended: () => ends && isLeased },
      },
    );
    return { outcome, after: submitted.slice(1) };
  }

  const GIVEN_BACK = MESSAGES.map(({ messageId, receipt }) => ({
    kind: 'extend',
    ...TARGET,
    messageId,
    receipt,
    visibilityTimeoutMs: 0,
  }));

  it.each([0, 20_000])('has its leases released at once, waiting %d ms', async (waitMs) => {
    const { outcome, after } = await consumeWithout({ client: true }, { waitMs });
    expect(outcome).toEqual({ ok: true, replayed: false, messages: [] });
    expect(after).toEqual(GIVEN_BACK);
  });

  it('keeps its leases when it can retry with its idempotency key', async () => {
    const { outcome, after } = await consumeWithout({ client: true }, { idempotency: IDEMPOTENCY });
    expect(outcome).toMatchObject({ messages: MESSAGES });
    expect(after).toEqual([]);
  });

  it('keeps its leases when it stays after all', async () => {
    const { outcome, after } = await consumeWithout({});
    expect(outcome).toMatchObject({ messages: MESSAGES });
    expect(after).toEqual([]);
  });

  it.each([null, IDEMPOTENCY])(
    'has its leases released when its key has ended: %o',
    async (idempotency) => {
      const { outcome, after } = await consumeWithout({ key: true }, { idempotency });
      expect(outcome).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
      expect(after).toEqual(GIVEN_BACK);
    },
  );
});
