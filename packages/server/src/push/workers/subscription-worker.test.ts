import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import type {
  Command,
  ConsumeCommand,
  LeasedMessage,
  NackCommand,
} from '../../core/commands/commands.js';
import type { GroupCommit } from '../../core/commit-groups/group-commit.js';
import { ByteBudget } from '../../core/engine/byte-budget.js';
import { createLongPolls } from '../../core/engine/long-poll.js';
import { createIdSource } from '../../core/ids.js';
import { NO_LOG } from '../../core/log.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { Store } from '../../core/store/store.js';
import { AttemptLog } from '../delivery/attempt-log.js';
import { PostSlots } from '../delivery/post-slots.js';
import { Settlement } from '../delivery/settlement.js';
import { SPARED_MAX } from '../receiver/breaker.js';
import type { PushOutcome } from '../request/exchange.js';
import type { PushRequest } from '../request/push-client.js';
import { SecretBox } from '../request/signing/push-secret.js';
import { SubscriptionWorker } from './subscription-worker.js';

const MAX_IN_FLIGHT = 7;
const PATIENCE = { timeout: 20_000, interval: 5 };

const SUBSCRIPTION = {
  subscriptionId: 's',
  project: 'p',
  queue: 'q',
  queueType: 'standard',
  url: 'https://receiver.example/',
  secret: 'plain:secret',
  previousSecret: null,
  previousSecretUntilMs: null,
  visibilityTimeoutMs: null,
  format: 'payload',
  maxInFlight: MAX_IN_FLIGHT,
  allowedMessageHeaders: null,
  headers: null,
} as unknown as PushSubscriptionRow;

interface Lease {
  readonly maxMessages: number;
  /** Ends it with this many messages, and says that the queue has more. */
  arrives(count: number): string[];
}

/** A worker whose leases and posts end when the test ends them. */
function pushingWorker(deliveryCount = 1) {
  const clock = new FakeClock();
  const ids = createIdSource(clock);
  const budget = new ByteBudget(64 * 1024 * 1024);
  const leases: Lease[] = [];
  const nacked: NackCommand['entries'][number][] = [];
  const others: string[] = [];
  const posted: string[] = [];
  const answers: ((status: number) => void)[] = [];

  const message = (): LeasedMessage => {
    const leaseExpiresAtMs = clock.nowMs() + 30_000;
    const nothing = { headers: null, groupId: null, deduplicationId: null, sourceQueue: null };
    const delivery = { receipt: 'r.0', leaseExpiresAtMs, deliveryCount, nacks: 0 };
    return { messageId: ids.uuid(), payload: '1', ...nothing, ...delivery } as LeasedMessage;
  };
  const consume = ({ maxMessages }: ConsumeCommand) =>
    new Promise((resolve) => {
      const arrives = (count: number): string[] => {
        const messages = Array.from({ length: count }, message);
        resolve({ ok: true, replayed: false, messages, crowded: true });
        return messages.map(({ messageId }) => messageId);
      };
      leases.push({ maxMessages, arrives });
    });
  const submit = async (command: Command) => {
    if (command.kind === 'consume') return consume(command);
    if (command.kind === 'nack') nacked.push(...command.entries);
    else others.push(command.kind);
    return { ok: true, replayed: false };
  };
  const post = ({ headers }: PushRequest): Promise<PushOutcome> => {
    posted.push(headers['webhook-id'] as string);
    return new Promise((resolve) => {
      answers.push((status) => resolve({ status, retryAfterMs: null, durationMs: 1 }));
    });
  };
  const commit = { submit } as unknown as GroupCommit;
  const worker = new SubscriptionWorker(
    {
      store: { clock, safetyPollMs: null, expectReady: () => {} } as unknown as Store,
      commit,
      longPolls: createLongPolls(clock, { clients: 10, clientsOfProject: 10, safetyPollMs: null }),
      clock,
      ids,
      client: { post, forget: () => {}, close: async () => {} },
      secrets: new SecretBox([]),
      log: new AttemptLog(commit, clock, ids),
      settlement: new Settlement(commit, clock),
      budget,
      random: () => 0.5,
      processLog: NO_LOG,
      attempted: () => {},
    },
    SUBSCRIPTION,
    new PostSlots(),
    () => {},
  );
  /** Resolves with the lease of this number, counted from 1, once it is under way. */
  const lease = async (number: number): Promise<Lease> => {
    await vi.waitFor(() => expect(leases).toHaveLength(number), PATIENCE);
    return leases[number - 1] as Lease;
  };
  /** Ends all that is under way. */
  const stop = async (): Promise<void> => {
    const stopped = worker.stop();
    for (const { arrives } of leases) arrives(0);
    for (const answer of answers) answer(200);
    await stopped;
  };
  worker.start();
  const pushing = { worker, budget, leases, lease, nacked, others, posted, answers, stop };
  started.push(pushing);
  return pushing;
}

const started: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const { stop } of started.splice(0)) await stop();
});

/** How many messages are posted, and how many slots are free, when `leasing` returns. */
const POSTED = 5;
const FREE = MAX_IN_FLIGHT - POSTED;

/** A worker that posts some messages and has a lease for its free slots under way. */
async function leasing() {
  const pushing = pushingWorker();
  (await pushing.lease(1)).arrives(POSTED);
  const under = await pushing.lease(2);
  expect(pushing.posted).toHaveLength(POSTED);
  return { ...pushing, under };
}

type Leasing = Awaited<ReturnType<typeof leasing>>;

const answerAll = ({ answers }: Leasing, status: number): void => {
  for (const answer of answers) answer(status);
};

describe('a worker', () => {
  it('leases as many messages as it has free slots, and nothing while it has none', async () => {
    const { leases, lease, answers, posted, under } = await leasing();
    expect(leases[0]?.maxMessages).toBe(MAX_IN_FLIGHT);
    expect(under.maxMessages).toBe(FREE);
    under.arrives(FREE);
    await vi.waitFor(() => expect(posted).toHaveLength(MAX_IN_FLIGHT), PATIENCE);
    expect(leases).toHaveLength(2);
    answers[0]?.(200);
    expect((await lease(3)).maxMessages).toBe(1);
  });

  it('has one lease under way, and uses the next for slots that became free meanwhile', async () => {
    const { worker, leases, lease, answers, nacked, posted, others, under } = await leasing();
    for (const answer of answers.slice(0, 3)) answer(200);
    await vi.waitFor(() => expect(others).toContain('ack'), PATIENCE);
    // Wakes the worker, which must not begin another lease.
    worker.update(SUBSCRIPTION);
    await new Promise(setImmediate);
    expect(leases).toHaveLength(2);
    under.arrives(FREE);
    expect((await lease(3)).maxMessages).toBe(3);
    expect(posted).toHaveLength(MAX_IN_FLIGHT);
    expect(nacked).toEqual([]);
  });
});

describe('leased messages are given back without a failure', () => {
  it.each<[string, number, (pushing: Leasing) => void]>([
    ['all but one, when the receiver has become slow', 1, (pushing) => answerAll(pushing, 500)],
    ['when the breaker has opened', 0, (pushing) => answerAll(pushing, 503)],
    ['when the receiver has answered 410', 0, ({ answers }) => answers[0]?.(410)],
    ['when the worker stops', 0, ({ worker }) => void worker.stop()],
    [
      'when `max_in_flight` has become smaller',
      1,
      ({ worker }) => worker.update({ ...SUBSCRIPTION, maxInFlight: POSTED + 1 }),
    ],
    [
      'when the secret can no longer be opened',
      0,
      ({ worker }) => worker.update({ ...SUBSCRIPTION, secret: 'sealed:under another key' }),
    ],
  ])('%s', async (_when, pushed, happens) => {
    const pushing = await leasing();
    const { budget, nacked, posted, under, stop } = pushing;
    happens(pushing);
    // The answers are settled before the lease arrives.
    await new Promise(setImmediate);
    const messages = under.arrives(FREE);
    const back = () => nacked.filter(({ messageId }) => messages.includes(messageId));
    await vi.waitFor(() => expect(back()).toHaveLength(FREE - pushed), PATIENCE);
    expect(posted.slice(POSTED)).toEqual(messages.slice(0, pushed));
    expect(back().map(({ messageId }) => messageId)).toEqual(messages.slice(pushed));
    expect(back().every(({ withoutFailure }) => withoutFailure)).toBe(true);
    await stop();
    expect(budget.reservedBytes('push')).toBe(0);
  });
});

describe('a push that meets an outage', () => {
  it.each([
    [1, true],
    [SPARED_MAX, true],
    [SPARED_MAX + 1, false],
  ])('as delivery %d of its message counts no failure: %s', async (deliveryCount, isFree) => {
    const { lease, answers, nacked } = pushingWorker(deliveryCount);
    (await lease(1)).arrives(MAX_IN_FLIGHT);
    await vi.waitFor(() => expect(answers).toHaveLength(MAX_IN_FLIGHT), PATIENCE);
    answers[0]?.(503);
    const failed = () => nacked.find(({ error }) => error === 'the receiver answered 503');
    await vi.waitFor(() => expect(failed()).toBeDefined(), PATIENCE);
    expect(failed()?.withoutFailure).toBe(isFree);
  });
});
