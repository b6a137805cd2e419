import { beforeAll, describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import { dataOf, errorOf } from './expect-answer.js';

const VERBS = ['ack', 'nack', 'extend'] as const;
type Verb = (typeof VERBS)[number];
const RECEIPTS = ['latest', 'older', 'none'] as const;
type Receipt = (typeof RECEIPTS)[number];
/** The outcomes of a call, worded for the titles of the tests. */
const ACTS = 'takes effect';
const LOST = 'is refused as LEASE_LOST';
const NO = 'answers that it had no effect';
type Effect = typeof ACTS | typeof LOST | typeof NO;
type Expectation = Record<Verb, Record<Receipt, Effect>>;

interface Delivered {
  readonly queue: string;
  readonly message_id: string;
  readonly latest: string;
  readonly older: string;
}

const every = (effects: Record<Receipt, Effect>): Expectation => ({
  ack: effects,
  nack: effects,
  extend: effects,
});
const LEASED = every({ latest: ACTS, older: LOST, none: ACTS });
const RUN_OUT: Expectation = {
  ack: { latest: ACTS, older: LOST, none: ACTS },
  nack: { latest: LOST, older: LOST, none: NO },
  extend: { latest: LOST, older: LOST, none: NO },
};
const GIVEN_BACK = every({ latest: LOST, older: LOST, none: NO });
/** Here the background settles the lease during the call, so the counts can still change. */
const THIS_MOMENT = 'available because its last lease expires at this moment';
const OVER = every({ latest: NO, older: NO, none: NO });

describe.each(STORE_FACTORIES)('late answers on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const SETTINGS = { max_retries: 20, message_retention_days: 1, visibility_timeout_default: 10 };
  let deadLetterQueue: string;
  beforeAll(async () => {
    deadLetterQueue = await client.newQueue();
  });

  /** A message that is leased for the second time, after its first lease expired. */
  const leasedTwice = async (settings = {}): Promise<Delivered> => {
    const queue = await client.newQueue({ ...SETTINGS, ...settings });
    const message_id = await client.publish(queue);
    const { receipt: older } = await client.take(queue);
    clock.advance(10_001);
    const { receipt: latest } = await client.take(queue);
    return { queue, message_id, latest, older };
  };
  /** The same message after `happens` has run. */
  const then = async (
    happens: (message: Delivered) => Promise<unknown>,
    settings = {},
  ): Promise<Delivered> => {
    const message = await leasedTwice(settings);
    await happens(message);
    return message;
  };

  const ROWS: [string, Expectation, () => Promise<Delivered>][] = [
    ['leased again after an earlier lease expired', LEASED, () => leasedTwice()],
    [
      'leased again after a nack of an earlier delivery',
      LEASED,
      async () => {
        const queue = await client.newQueue(SETTINGS);
        const message_id = await client.publish(queue);
        const { receipt: older } = await client.take(queue);
        await client.nack(queue, message_id);
        return { queue, message_id, older, latest: (await client.take(queue)).receipt };
      },
    ],
    [
      'leased and extended',
      LEASED,
      () => then(({ queue, message_id }) => client.extend(queue, message_id, 60)),
    ],
    [
      'available because its last lease expired',
      RUN_OUT,
      () =>
        then(async ({ queue }) => {
          clock.advance(10_001);
          await client.expectStats(queue, { available: 1 });
        }),
    ],
    [THIS_MOMENT, RUN_OUT, () => then(async () => clock.advance(10_000))],
    [
      'available again after a nack',
      GIVEN_BACK,
      () => then(({ queue, message_id }) => client.nack(queue, message_id)),
    ],
    [
      'waiting to be retried after a nack with a delay',
      GIVEN_BACK,
      () => then(({ queue, message_id }) => client.nack(queue, message_id, { delay_seconds: 60 })),
    ],
    [
      'available after the delay of its nack',
      GIVEN_BACK,
      () =>
        then(async ({ queue, message_id }) => {
          await client.nack(queue, message_id, { delay_seconds: 5 });
          clock.advance(5_001);
          await client.expectStats(queue, { available: 1 });
        }),
    ],
    [
      'available again after extend with 0',
      GIVEN_BACK,
      () => then(({ queue, message_id }) => client.extend(queue, message_id, 0)),
    ],
    ['acked', OVER, () => then(({ queue, message_id }) => client.ack(queue, message_id))],
    [
      'a dead letter in the queue',
      OVER,
      () => then(({ queue, message_id }) => client.nack(queue, message_id, { requeue: false })),
    ],
    [
      'a dead letter because its lease expired',
      OVER,
      () =>
        then(
          async ({ queue }) => {
            clock.advance(10_001);
            await client.expectStats(queue, { dlq: 1 });
          },
          { max_retries: 1 },
        ),
    ],
    [
      'a dead letter in another queue',
      OVER,
      () =>
        then(({ queue, message_id }) => client.nack(queue, message_id, { requeue: false }), {
          dead_letter_queue: deadLetterQueue,
        }),
    ],
    [
      'a dead letter, settled in its new queue before it was delivered there',
      OVER,
      async () => {
        const dead_letter_queue = await client.newQueue();
        const message = await then(
          ({ queue, message_id }) => client.nack(queue, message_id, { requeue: false }),
          { dead_letter_queue },
        );
        return { ...message, queue: dead_letter_queue };
      },
    ],
    [
      'available and never delivered',
      OVER,
      async () => {
        const queue = await client.newQueue();
        const message_id = await client.publish(queue);
        return { queue, message_id, latest: 'r-2', older: 'r-1' };
      },
    ],
    [
      'delayed and never delivered',
      OVER,
      async () => {
        const queue = await client.newQueue();
        const message_id = await client.publish(queue, 1, { delay_seconds: 600 });
        return { queue, message_id, latest: 'r-2', older: 'r-1' };
      },
    ],
    [
      'unknown',
      OVER,
      async () => {
        const { latest, older } = await leasedTwice();
        return { queue: await client.newQueue(), message_id: 'never-was', latest, older };
      },
    ],
  ];

  const answerTo = (verb: Verb, { queue, message_id }: Delivered, receipt: object) =>
    verb === 'extend'
      ? client.extend(queue, message_id, 60, receipt)
      : client[verb](queue, message_id, receipt);

  const NO_EFFECT = {
    ack: { acked: false },
    nack: { nacked: false, requeued: false },
    extend: { extended: false },
  };
  const countsOf = async (queue: string) => {
    const { available, in_flight, delayed, dlq } = await client.stats(queue);
    return { queue, available, in_flight, delayed, dlq };
  };

  describe.each(ROWS)('for a message that is %s', (state, expectation, prepare) => {
    const expectCounts = async (queue: string, before: object) => {
      if (state !== THIS_MOMENT) expect(await countsOf(queue)).toEqual(before);
    };
    const cells = VERBS.flatMap((verb) =>
      RECEIPTS.map((receipt) => [verb, receipt, expectation[verb][receipt]] as const),
    );

    test.each(cells)('%s with receipt %s %s', async (verb, receipt, effect) => {
      const message = await prepare();
      const { queue, message_id } = message;
      const before = await countsOf(queue);
      const given = receipt === 'none' ? {} : { receipt: message[receipt] };
      const answer = await answerTo(verb, message, given);
      if (effect === LOST) {
        errorOf(answer, 'LEASE_LOST');
        await expectCounts(queue, before);
      } else if (effect === NO) {
        expect(dataOf(answer)).toEqual({ message_id, ...NO_EFFECT[verb] });
        await expectCounts(queue, before);
      } else if (verb === 'ack') {
        expect(dataOf(answer)).toEqual({ message_id, acked: true });
        const none = { queue, available: 0, in_flight: 0, delayed: 0, dlq: 0 };
        expect(await countsOf(queue)).toEqual(none);
      } else if (verb === 'nack') {
        expect(dataOf(answer)).toEqual({ message_id, nacked: true, requeued: true });
        expect((await client.take(queue)).delivery_count).toBe(3);
      } else {
        const lease_expires_at = new Date(clock.nowMs() + 60_000).toISOString();
        expect(dataOf(answer)).toEqual({ message_id, extended: true, lease_expires_at });
        expect(await countsOf(queue)).toEqual(before);
      }
    });
  });

  describe('leases that expired while the server was down', () => {
    test('are kept for 10 s after a start, so that a late ack still takes effect', async () => {
      const { queue, message_id, latest } = await leasedTwice();
      await running.restart([], 60_000);
      expect(await client.consume(queue)).toEqual([]);
      clock.advance(9_999);
      expect(await client.consume(queue)).toEqual([]);
      const acked = await client.ack(queue, message_id, { receipt: latest });
      expect(dataOf(acked).acked).toBe(true);
      clock.advance(60_000);
      expect(await client.consume(queue)).toEqual([]);
    });

    test('expire after these 10 s', async () => {
      const { queue, message_id, latest } = await leasedTwice();
      await running.restart([], 60_000);
      clock.advance(10_001);
      expect((await client.take(queue)).delivery_count).toBe(3);
      errorOf(await client.ack(queue, message_id, { receipt: latest }), 'LEASE_LOST');
    });

    test('do not delay the end of leases that expire later', async () => {
      const queue = await client.newQueue();
      await client.publish(queue);
      await client.take(queue, { visibility_timeout: 63 });
      await running.restart([], 60_000);
      clock.advance(3_001);
      await client.take(queue);
    });
  });
});
