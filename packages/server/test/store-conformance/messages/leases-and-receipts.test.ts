import { describe, expect, it } from 'vitest';
import type { DeliveryRef, LeasedMessage } from '#server/core/commands/commands';
import {
  onEachStore,
  onEachStoreAndModel,
  type Project,
  type StoreSession,
  withReceipt,
} from '../store-session.js';

type Verb = 'ack' | 'nack' | 'extend';
type Answer = 'acts' | 'LEASE_LOST' | 'false';
type Receipt = 'latest' | 'older' | 'none';

/** A message's state, with the receipts of its last two deliveries. */
interface Standing {
  readonly messageId: string;
  readonly latest: string;
  readonly older: string;
}

/** The table of the contract, with one entry for each of its cells. */
const ACTS = { latest: 'acts', older: 'LEASE_LOST', none: 'acts' } as const;
const LOST = { latest: 'LEASE_LOST', older: 'LEASE_LOST', none: 'false' } as const;
const AS_NONE = { latest: 'false', older: 'false', none: 'false' } as const;

type Row = {
  readonly standing: string;
  readonly arrange: (project: Project, session: StoreSession) => Promise<Standing>;
  readonly answers: Record<Verb, Record<Receipt, Answer>>;
};

const all = (answers: Record<Receipt, Answer>) => ({
  ack: answers,
  nack: answers,
  extend: answers,
});

const ROWS: readonly Row[] = [
  {
    standing: 'leased',
    arrange: (project) => deliverTwice(project).then(standingOf),
    answers: all(ACTS),
  },
  {
    standing: 'available after its lease ran out',
    async arrange(project, session) {
      const standing = standingOf(await deliverTwice(project));
      session.clock.advance(1_000);
      return standing;
    },
    answers: { ack: ACTS, nack: LOST, extend: LOST },
  },
  {
    standing: 'available after a nack',
    async arrange(project) {
      const deliveries = await deliverTwice(project);
      await project.run(project.nack('q', deliveries[1]));
      return standingOf(deliveries);
    },
    answers: all(LOST),
  },
  {
    standing: 'delayed after a nack',
    async arrange(project) {
      const deliveries = await deliverTwice(project);
      await project.run(project.nack('q', deliveries[1], { delayMs: 500 }));
      return standingOf(deliveries);
    },
    answers: all(LOST),
  },
  {
    standing: 'available after the delay of a nack',
    async arrange(project, session) {
      const deliveries = await deliverTwice(project);
      await project.run(project.nack('q', deliveries[1], { delayMs: 500 }));
      session.clock.advance(500);
      return standingOf(deliveries);
    },
    answers: all(LOST),
  },
  {
    standing: 'released',
    async arrange(project) {
      const deliveries = await deliverTwice(project);
      await project.run(project.extend('q', deliveries[1], 0));
      return standingOf(deliveries);
    },
    answers: all(LOST),
  },
  {
    standing: 'never delivered',
    async arrange(project) {
      const [messageId = ''] = await project.send('q', '1');
      return { messageId, latest: 'made-up.0', older: 'made-up.1' };
    },
    answers: all(AS_NONE),
  },
  {
    standing: 'acked',
    async arrange(project) {
      const deliveries = await deliverTwice(project);
      await project.run(project.ack('q', deliveries[1]));
      return standingOf(deliveries);
    },
    answers: all(AS_NONE),
  },
  {
    standing: 'dead-lettered in its queue',
    async arrange(project) {
      const deliveries = await deliverTwice(project);
      await project.run(project.nack('q', deliveries[1], { requeue: false }));
      return standingOf(deliveries);
    },
    answers: all(AS_NONE),
  },
  {
    standing: 'dead-lettered into a named queue',
    async arrange(project) {
      const deliveries = await deliverTwice(project, 'to-named');
      await project.run(project.nack('to-named', deliveries[1], { requeue: false }));
      return standingOf(deliveries);
    },
    answers: all(AS_NONE),
  },
  {
    standing: 'undelivered in a dead-letter queue',
    async arrange(project) {
      const deliveries = await deliverTwice(project, 'from-other');
      await project.run(project.nack('from-other', deliveries[1], { requeue: false }));
      return standingOf(deliveries);
    },
    answers: all(AS_NONE),
  },
  {
    standing: 'unknown, with an id of our form',
    arrange: async () => ({
      messageId: '019b76da-a800-7000-8000-000000000000',
      latest: 'made-up.0',
      older: 'made-up.1',
    }),
    answers: all(AS_NONE),
  },
  {
    standing: 'unknown, with any other id',
    arrange: async () => ({ messageId: "1' --é", latest: 'made-up.0', older: 'made-up.1' }),
    answers: all(AS_NONE),
  },
];

onEachStore('leases and receipts', (session) => {
  describe.each(ROWS)('for a message that is $standing', ({ arrange, answers }) => {
    const cells = (['ack', 'nack', 'extend'] as const).flatMap((verb) =>
      (['latest', 'older', 'none'] as const).map((receipt) => ({
        verb,
        receipt,
        answer: answers[verb][receipt],
      })),
    );

    it.each(cells)(
      '$verb with the $receipt receipt gives: $answer',
      async ({ verb, receipt, answer }) => {
        const project = session().project();
        await project.create('named');
        await project.create('q', { visibilityTimeoutDefaultMs: 1_000, maxRetries: 10 });
        await project.create('to-named', { deadLetterQueue: 'named' });
        await project.create('from-other', { deadLetterQueue: 'q' });
        const standing = await arrange(project, session());
        const before = await tallies(project);
        const receiptText = receipt === 'none' ? null : standing[receipt];
        expect(await call(project, verb, withReceipt(standing, receiptText))).toBe(answer);
        const after = await tallies(project);
        // An extension changes no counts; tests below look at its leases.
        if (answer !== 'acts') expect(after).toEqual(before);
        else if (verb !== 'extend') expect(after).not.toEqual(before);
      },
    );
  });

  it('a lease lasts as long as the call says, else as the queue says', async () => {
    const project = session().project();
    await project.create('q', { visibilityTimeoutDefaultMs: 7_000 });
    await project.send('q', '1', '2');
    const nowMs = session().clock.nowMs();
    expect((await project.receiveOne('q')).leaseExpiresAtMs).toBe(nowMs + 7_000);
    expect((await project.receiveOne('q', 1_500)).leaseExpiresAtMs).toBe(nowMs + 1_500);
  });

  it("each delivery has its own receipt, made of the call's prefix and its position", async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2', '3');
    const command = project.consume('q', { receiptPrefix: 'prefix' });
    const { messages } = await project.run(command);
    expect(messages.map(({ receipt }) => receipt)).toEqual(['prefix.0', 'prefix.1', 'prefix.2']);
  });

  it('an extend sets the lease from now on, also to a shorter time', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const message = await project.receiveOne('q', 10_000);
    session().clock.advance(9_000);
    const nowMs = session().clock.nowMs();
    const longer = await project.run(project.extend('q', message, 5_000));
    expect(longer).toMatchObject({ extended: true, leaseExpiresAtMs: nowMs + 5_000 });
    session().clock.advance(4_999);
    expect(await project.payloads('q')).toEqual([]);
    await project.run(project.extend('q', message, 1_000));
    session().clock.advance(999);
    expect(await project.payloads('q')).toEqual([]);
    session().clock.advance(1);
    expect(await project.payloads('q')).toEqual(['1']);
  });

  it('an extend is refused beyond twelve hours from the delivery', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const message = await project.receiveOne('q', 43_200_000);
    session().clock.advance(3_600_000);
    expect(await project.refused(project.extend('q', message, 43_200_000))).toBe('INVALID_REQUEST');
    expect(await project.refused(project.extend('q', message, 39_600_001))).toBe('INVALID_REQUEST');
    const outcome = await project.run(project.extend('q', message, 39_600_000));
    expect(outcome.extended).toBe(true);
    expect(await project.tally('q')).toEqual({ inFlight: 1 });
  });

  it('the twelve hours start again with each delivery', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    await project.receiveOne('q', 43_200_000);
    session().clock.advance(43_200_000);
    const again = await project.receiveOne('q', 1_000);
    expect((await project.run(project.extend('q', again, 43_200_000))).extended).toBe(true);
  });

  it('a batch has all its receipts checked before it changes anything', async () => {
    const project = session().project();
    await project.create('q', { visibilityTimeoutDefaultMs: 1_000 });
    const [first, second] = await deliverTwice(project);
    const unknown = { messageId: 'unknown', receipt: 'made-up.0' };
    const { messageId } = second;
    const { results } = await project.run(project.ack('q', [first, second, second, unknown]));
    expect(results).toMatchObject([
      { messageId, ok: false, code: 'LEASE_LOST' },
      { messageId, ok: true, acked: true },
      // The entry before it has acked the message in this call: nothing is left to do.
      { messageId, ok: true, acked: false },
      { messageId: 'unknown', ok: true, acked: false },
    ]);
  });

  it('a call that settles in a queue that does not exist is refused', async () => {
    const project = session().project();
    const delivery = { messageId: 'any', receipt: null };
    expect(await project.refused(project.ack('q', delivery))).toBe('QUEUE_NOT_FOUND');
    expect(await project.refused(project.nack('q', [delivery]))).toBe('QUEUE_NOT_FOUND');
    expect(await project.refused(project.extend('q', delivery, 0))).toBe('QUEUE_NOT_FOUND');
  });
});

onEachStoreAndModel('leases that ran out together, more than are settled at once', (session) => {
  const COUNT = 600;

  it('are all over for whoever calls late', async () => {
    const project = session().project();
    await project.create('q');
    await project.run(project.publish('q', Array<string>(COUNT).fill('1')));
    const messages = await project.receive('q', COUNT, 1_000);
    session().clock.advance(5_000);
    const [last, lastButOne] = [messages.at(-1), messages.at(-2)] as [LeasedMessage, LeasedMessage];
    expect(await call(project, 'extend', last)).toBe('LEASE_LOST');
    expect(await call(project, 'nack', lastButOne)).toBe('LEASE_LOST');
    // The next tests need a store without leases that are due.
    for (let groups = 0; groups < 6; groups += 1) await project.send('q', '1');
  });
});

/** Delivers one message twice; the second delivery is still leased. */
async function deliverTwice(
  project: Project,
  queue = 'q',
): Promise<readonly [LeasedMessage, LeasedMessage]> {
  await project.send(queue, '1');
  const first = await project.receiveOne(queue);
  await project.run(project.nack(queue, first));
  return [first, await project.receiveOne(queue, 1_000)];
}

const standingOf = ([first, second]: readonly [LeasedMessage, LeasedMessage]): Standing => ({
  messageId: second.messageId,
  latest: second.receipt,
  older: first.receipt,
});

async function call(project: Project, verb: Verb, delivery: DeliveryRef): Promise<Answer | string> {
  const outcome = await project.submit(
    verb === 'extend' ? project.extend('q', delivery, 5_000) : project[verb]('q', delivery),
  );
  if (!outcome.ok) return outcome.code;
  if ('extended' in outcome) return outcome.extended ? 'acts' : 'false';
  const [result] = 'results' in outcome ? outcome.results : [];
  if (!result?.ok) return 'no result';
  return ('acked' in result ? result.acked : result.nacked) ? 'acts' : 'false';
}

/** One after another: at the same time, each would leave the due leases to the others. */
async function tallies(project: Project) {
  const counts = [];
  for (const queue of ['q', 'named', 'to-named', 'from-other']) {
    counts.push(await project.tally(queue));
  }
  return counts;
}
