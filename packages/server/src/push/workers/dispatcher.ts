import { monotonicMs, setSystemTimer } from '../../core/clock.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { PushDependencies } from '../push-dependencies.js';
import { isShortSecret, SECRET_MIN_BYTES } from '../request/signing/signing.js';
import { OVERLAP_MS, RecentChanges } from './recent-changes.js';
import { type TestResult, testPush } from './test-push.js';
import { type BreakerNow, type BreakerState, Workers } from './workers.js';

/** Small, because opening sealed texts takes time in which nothing else runs. */
const PAGE_SIZE = 200;
/** How long a stop waits for pushes under way; then it cancels them and gives their messages back. */
const STOP_WITHIN_MS = 7_000;
const RETRY_MS = 1_000;

/**
 * Runs a worker for each active subscription. Every node pushes for every subscription; leases keep two
 * workers from pushing the same message. All subscriptions are read at the start. Later, the dispatcher
 * reads those of a queue that was changed on this node, and from time to time those that other nodes
 * have changed. A subscription that another node has deleted is noticed when its worker is refused a
 * lease.
 */
export class PushDispatcher {
  private readonly workers: Workers;
  private readonly recent = new RecentChanges();
  /** Queues whose read has not begun yet. */
  private readonly waiting = new Map<string, Promise<void>>();
  /** Reads happen one at a time, so that no older state replaces a newer one. */
  private turn: Promise<unknown> = Promise.resolve();
  private started = false;
  private loadedAtMs: number | undefined;
  private hasLoadedAgain = false;
  private shortSecrets = 0;
  private readonly cancelTimers = new Set<() => void>();
  private stopped: Promise<void> | undefined;

  constructor(private readonly dependencies: PushDependencies) {
    this.workers = new Workers(dependencies, (project, queue) => {
      void this.subscriptionsChanged(project, queue);
    });
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    void this.load();
  }

  /** Resolves when the current subscriptions of a queue have been applied. */
  subscriptionsChanged(project: string, queue: string): Promise<void> {
    if (!this.started || this.stopped !== undefined) return Promise.resolve();
    const key = `${project}\n${queue}`;
    let read = this.waiting.get(key);
    if (read === undefined) {
      read = this.inTurn(async () => {
        // Changes from here on need another read.
        this.waiting.delete(key);
        const rows = await this.dependencies.store.read({
          kind: 'pushSubscriptions',
          project,
          queue,
        });
        if (this.stopped === undefined) this.workers.keepOnly(project, queue, rows ?? []);
      }).catch(() => this.later(RETRY_MS, () => this.subscriptionsChanged(project, queue)));
      this.waiting.set(key, read);
    }
    return read;
  }

  private async load(after = '', highestSeq = 0): Promise<void> {
    const { store } = this.dependencies;
    const startMs = monotonicMs();
    const kind = 'activePushSubscriptions';
    const rows = await this.inTurn(() =>
      this.takeIn(store.read({ kind, after, limit: PAGE_SIZE })),
    ).catch(() => undefined);
    if (rows === undefined) return this.later(RETRY_MS, () => this.load(after, highestSeq));
    if (this.loadedAtMs === undefined) this.countShortSecrets(rows);
    const seq = highestSeqOf(rows, highestSeq);
    const last = rows.at(-1);
    if (rows.length === PAGE_SIZE && last !== undefined) {
      return this.load(last.subscriptionId, seq);
    }
    if (this.loadedAtMs === undefined) {
      this.recent.seenAll(seq, startMs);
      this.loadedAtMs = startMs;
      this.warnOfShortSecrets();
    }
    this.pollLater(store.safetyPollMs);
  }

  /** Other nodes change subscriptions too, and do not announce it. */
  private pollLater(delayMs: number | null): void {
    if (delayMs !== null) this.later(delayMs, () => this.poll());
  }

  private async poll(): Promise<void> {
    const { store } = this.dependencies;
    const startMs = monotonicMs();
    // Changes under way during the start may have become visible only after they were read past.
    if (!this.hasLoadedAgain && startMs - (this.loadedAtMs ?? 0) >= OVERLAP_MS) {
      this.hasLoadedAgain = true;
      return this.load();
    }
    let afterSeq = this.recent.afterSeq(startMs);
    for (;;) {
      const query = { kind: 'changedPushSubscriptions', afterSeq, limit: PAGE_SIZE } as const;
      const rows = await this.inTurn(() => this.takeIn(store.read(query))).catch(() => undefined);
      if (rows === undefined) return this.pollLater(RETRY_MS);
      afterSeq = highestSeqOf(rows, afterSeq);
      this.recent.seen(afterSeq, startMs);
      if (rows.length < PAGE_SIZE) return this.pollLater(store.safetyPollMs);
    }
  }

  private async takeIn(
    read: Promise<readonly PushSubscriptionRow[]>,
  ): Promise<readonly PushSubscriptionRow[]> {
    const rows = await read;
    if (this.stopped === undefined) for (const row of rows) this.workers.keep(row);
    return rows;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private later(delayMs: number, work: () => Promise<void>): void {
    if (this.stopped !== undefined) return;
    const cancel = this.dependencies.clock.setTimer(() => {
      this.cancelTimers.delete(cancel);
      void work();
    }, delayMs);
    this.cancelTimers.add(cancel);
  }

  private countShortSecrets(rows: readonly PushSubscriptionRow[]): void {
    const { secrets } = this.dependencies;
    for (const { secret } of rows) {
      const opened = secret === null ? undefined : secrets.open(secret);
      if (opened !== undefined && isShortSecret(opened)) this.shortSecrets += 1;
    }
  }

  private warnOfShortSecrets(): void {
    if (this.shortSecrets === 0) return;
    this.dependencies.processLog.warn(
      `push subscriptions whose secret has less than ${SECRET_MIN_BYTES} bytes: ${this.shortSecrets}; set longer secrets`,
    );
  }

  /** The number of messages being posted. */
  get pushesUnderWay(): number {
    return this.workers.posting;
  }

  breakers(): readonly BreakerState[] {
    return this.workers.breakers();
  }

  breakerOf(project: string, queue: string, subscriptionId: string): BreakerNow | undefined {
    return this.workers.breakerOf(project, queue, subscriptionId);
  }

  flushAttempts(subscriptionId: string): Promise<void> {
    return this.dependencies.log.flushOf(subscriptionId);
  }

  test(subscription: PushSubscriptionRow): Promise<TestResult> {
    return testPush(this.dependencies, subscription);
  }

  stop(): Promise<void> {
    this.stopped ??= this.close();
    return this.stopped;
  }

  private async close(): Promise<void> {
    for (const cancel of this.cancelTimers) cancel();
    const startedMs = monotonicMs();
    const ended = this.workers.endAll();
    let cancelTimer = (): void => undefined;
    const inTime = new Promise<void>((resolve) => {
      cancelTimer = setSystemTimer(resolve, STOP_WITHIN_MS - (monotonicMs() - startedMs));
    });
    await Promise.race([ended, inTime]);
    cancelTimer();
    await this.dependencies.client.close();
    await ended;
    await this.turn;
    await this.dependencies.log.flush();
  }
}

const highestSeqOf = (rows: readonly PushSubscriptionRow[], least: number): number =>
  rows.reduce((highest, { changedSeq }) => Math.max(highest, changedSeq), least);
