import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../../test/harness/fake-clock.js';
import type { Command, LeasedMessage, NackCommand } from '../../core/commands/commands.js';
import type { GroupCommit } from '../../core/commit-groups/group-commit.js';
import { ByteBudget } from '../../core/engine/byte-budget.js';
import { createLongPolls } from '../../core/engine/long-poll.js';
import { createIdSource } from '../../core/ids.js';
import { NO_LOG } from '../../core/log.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { Store } from '../../core/store/store.js';
import { AttemptLog } from '../delivery/attempt-log.js';
import { Settlement } from '../delivery/settlement.js';
import { SPARED_MAX } from '../receiver/breaker.js';
import type { PushOutcome } from '../request/exchange.js';
import type { PushRequest } from '../request/push-client.js';
import { SecretBox } from '../request/push-secret.js';
import { SubscriptionWorker } from './subscription-worker.js';

const MAX_IN_FLIGHT = 2;
/** A lease takes this long and a push a millisecond, so many messages are prefetched. */
const LEASE_MS = 15;
const WAITING_AHEAD = 3;
const PATIENCE = { timeout: 10_000, interval: 5 };

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

const answer = (status: number): PushOutcome => ({ status, retryAfterMs: null, durationMs: 1 });

/** A worker with an endless queue, and a receiver that answers until enough is prefetched. */
function pushingWorker(deliveryCount = 1) {
  const clock = new FakeClock();
  const ids = createIdSource(clock);
  const leased: string[] = [];
  const acked: string[] = [];
  const nacked: NackCommand['entries'][number][] = [];
  const others: string[] = [];
  const posts: PushRequest[] = [];
  const held: ((outcome: PushOutcome) => void)[] = [];
  let holds = false;
  let consuming = false;

  const message = (): LeasedMessage => {
    const messageId = ids.uuid();
    leased.push(messageId);
    const leaseExpiresAtMs = clock.nowMs() + 30_000;
    const nothing = { headers: null, groupId: null, deduplicationId: null, sourceQueue: null };
    const delivery = { receipt: 'r.0', leaseExpiresAtMs, deliveryCount, nacks: 0 };
    return { messageId, payload: '1', ...nothing, ...delivery } as LeasedMessage;
  };
  const submit = async (command: Command) => {
    if (command.kind === 'ack') acked.push(...command.entries.map(({ messageId }) => messageId));
    else if (command.kind === 'nack') nacked.push(...command.entries);
    else if (command.kind !== 'consume') others.push(command.kind);
    if (command.kind !== 'consume') return { ok: true, replayed: false };
    consuming = true;
    await sleep(LEASE_MS);
    consuming = false;
    const messages = Array.from({ length: command.maxMessages }, message);
    return { ok: true, replayed: false, messages };
  };
  const post = async (request: PushRequest): Promise<PushOutcome> => {
    posts.push(request);
    holds ||= leased.length - posts.length >= WAITING_AHEAD;
    if (!holds) return answer(200);
    return new Promise((resolve) => held.push(resolve));
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
      budget: new ByteBudget(64 * 1024 * 1024),
      random: () => 0.5,
      processLog: NO_LOG,
    },
    SUBSCRIPTION,
    () => {},
  );
  return { worker, posts, held, leased, acked, nacked, others, leasing: () => consuming };
}

type Pushing = ReturnType<typeof pushingWorker>;

/** Waits until both slots are in use and some messages are prefetched. */
async function leasedAhead(): Promise<Pushing & { readonly prefetched: string[] }> {
  const pushing = pushingWorker();
  started.push(pushing);
  pushing.worker.start();
  await vi.waitFor(() => expect(pushing.held).toHaveLength(MAX_IN_FLIGHT), PATIENCE);
  // The lease under way returns, and no further one begins.
  let leasedBefore = -1;
  while (pushing.leasing() || leasedBefore !== pushing.leased.length) {
    leasedBefore = pushing.leased.length;
    await sleep(3 * LEASE_MS);
  }
  const prefetched = pushing.leased.slice(pushing.posts.length);
  expect(prefetched.length).toBeGreaterThanOrEqual(WAITING_AHEAD);
  return { ...pushing, prefetched };
}

const started: Pushing[] = [];

describe('prefetched messages', () => {
  afterEach(async () => {
    for (const { worker, held } of started.splice(0)) {
      const stopped = worker.stop();
      for (const end of held) end(answer(200));
      await stopped;
    }
  });

  it('are released, and not posted, when the receiver answers 410', async () => {
    const { held, posts, nacked, others, prefetched } = await leasedAhead();
    const postsBefore = posts.length;
    held[0]?.(answer(410));
    await vi.waitFor(() => expect(others).toContain('pausePush'), PATIENCE);
    held[1]?.(answer(200));
    await sleep(3 * LEASE_MS);
    expect(posts).toHaveLength(postsBefore);
    expect(
      nacked.filter(({ withoutFailure }) => withoutFailure).map(({ messageId }) => messageId),
    ).toEqual(expect.arrayContaining(prefetched));
  });

  it('are released, and not posted unsigned, when the secret can no longer be opened', async () => {
    const { worker, held, posts, nacked, prefetched } = await leasedAhead();
    const postsBefore = posts.length;
    worker.update({ ...SUBSCRIPTION, secret: 'sealed:under another key' });
    for (const end of held) end(answer(200));
    await vi.waitFor(() => expect(nacked).toHaveLength(prefetched.length), PATIENCE);
    await sleep(3 * LEASE_MS);
    expect(posts).toHaveLength(postsBefore);
    expect(nacked.every(({ withoutFailure }) => withoutFailure)).toBe(true);
    expect(nacked.map(({ messageId }) => messageId).sort()).toEqual([...prefetched].sort());
  });

  it.each([
    ['fails repeatedly', 500],
    ['is down', 503],
  ])('are released when the receiver %s', async (_what, status) => {
    const { held, posts, leased, acked, nacked } = await leasedAhead();
    // One after the other, so that the fifth failure opens the breaker.
    for (let failures = 1; failures <= 5; failures += 1) {
      await vi.waitFor(() => expect(held.length).toBeGreaterThan(0), PATIENCE);
      held.shift()?.(answer(status));
      await sleep(5);
    }
    const postsBefore = posts.length;
    const settled = () => acked.length + nacked.length;
    await vi.waitFor(() => expect(settled()).toBe(leased.length - held.length), PATIENCE);
    await sleep(3 * LEASE_MS);
    expect(posts).toHaveLength(postsBefore);
    expect(settled()).toBe(leased.length - held.length);
    // The prefetched messages were not posted, so none of them counts a failure.
    const givenBack = nacked.filter(({ error }) => error === null);
    expect(givenBack.length).toBeGreaterThan(0);
    expect(givenBack.every(({ withoutFailure }) => withoutFailure)).toBe(true);
  });

  it('are released when their lease arrives after the breaker has opened', async () => {
    const pushing = pushingWorker();
    started.push(pushing);
    const { worker, posts, held, leased, acked, nacked } = pushing;
    worker.start();
    // A lease is under way most of the time, so the fifth outage falls into one.
    await vi.waitFor(() => expect(held).toHaveLength(MAX_IN_FLIGHT), PATIENCE);
    for (let outages = 1; outages <= 5; outages += 1) {
      await vi.waitFor(() => expect(held.length).toBeGreaterThan(0), PATIENCE);
      held.shift()?.(answer(503));
    }
    const postsBefore = posts.length;
    await sleep(6 * LEASE_MS);
    expect(posts).toHaveLength(postsBefore);
    expect(acked.length + nacked.length).toBe(leased.length - held.length);
  });

  it('are posted once each when the receiver keeps answering', async () => {
    const { held, posts, leased, acked, nacked } = await leasedAhead();
    const postsBefore = posts.length;
    for (let answered = 0; answered < 50; answered += 1) {
      await vi.waitFor(() => expect(held.length).toBeGreaterThan(0), PATIENCE);
      held.shift()?.(answer(200));
    }
    await vi.waitFor(() => expect(posts).toHaveLength(postsBefore + 50), PATIENCE);
    const ids = posts.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual(leased.slice(0, ids.length));
    expect(acked).toEqual(ids.slice(0, acked.length));
    expect(nacked).toEqual([]);
  });
});

describe('a push that meets an outage', () => {
  it.each([
    [1, true],
    [SPARED_MAX, true],
    [SPARED_MAX + 1, false],
  ])('as delivery %d of its message counts no failure: %s', async (deliveryCount, isFree) => {
    const { worker, held, nacked } = pushingWorker(deliveryCount);
    worker.start();
    await vi.waitFor(() => expect(held).toHaveLength(MAX_IN_FLIGHT), PATIENCE);
    held[0]?.(answer(503));
    const failed = () => nacked.find(({ error }) => error === 'the receiver answered 503');
    await vi.waitFor(() => expect(failed()).toBeDefined(), PATIENCE);
    expect(failed()?.withoutFailure).toBe(isFree);
    const stopped = worker.stop();
    for (const end of held) end(answer(200));
    await stopped;
  });
});
