import { monotonicMs, setSystemTimer } from '../core/clock.js';
import type { LeasedMessage } from '../core/commands.js';
import type { PushSubscriptionRow } from '../core/push-subscription.js';
import { requestOf } from './delivery.js';
import { deliveryResult } from './delivery-result.js';
import { SigningSecrets } from './signing-secrets.js';
import { SubscriptionWorker } from './subscription-worker.js';
import type { WorkerParts } from './worker-parts.js';

const PAGE_SIZE = 500;
/** A stop waits so long for pushes under way; then it calls them off and gives their messages back. */
const STOP_WITHIN_MS = 7_000;
/** Also a subscription that is paused, and has no worker, may be tried out. */
const TEST_SENDER = 'test';
const TEST_LEASE_MS = 12_500;
const RETRY_MS = 1_000;

export interface TestResult {
  readonly delivered: boolean;
  readonly status?: number;
  readonly duration_ms: number;
  readonly error?: string;
}

/**
 * Has a worker for each subscription that is active. Every node pushes for every subscription; that
 * none pushes what another one does is what leases are for.
 */
export class PushDispatcher {
  private readonly workers = new Map<
    string,
    { worker: SubscriptionWorker; row: PushSubscriptionRow }
  >();
  private readonly ending = new Set<Promise<void>>();
  private started = false;
  private refreshing: Promise<void> | undefined;
  private refreshAgain = false;
  private cancelTimer: (() => void) | undefined;
  private stopped: Promise<void> | undefined;

  constructor(private readonly parts: WorkerParts) {}

  start(): void {
    if (this.started) return;
    this.started = true;
    void this.refresh();
  }

  /** Subscriptions may have changed. Resolves when what is there now has been taken in. */
  refresh(): Promise<void> {
    if (!this.started || this.stopped !== undefined) return Promise.resolve();
    this.refreshAgain = true;
    this.refreshing ??= this.refreshAll();
    return this.refreshing;
  }

  private async refreshAll(): Promise<void> {
    const { store, clock } = this.parts;
    this.cancelTimer?.();
    let failed = false;
    while (this.refreshAgain && this.stopped === undefined) {
      this.refreshAgain = false;
      failed = await this.load().then(
        () => false,
        () => true,
      );
    }
    this.refreshing = undefined;
    // Other nodes change subscriptions too, and do not say so.
    const delayMs = failed ? RETRY_MS : store.safetyPollMs;
    if (delayMs === null || this.stopped !== undefined) return;
    this.cancelTimer = clock.setTimer(() => void this.refresh(), delayMs);
  }

  private async load(): Promise<void> {
    const active = new Map<string, PushSubscriptionRow>();
    let after = '';
    for (;;) {
      const rows = await this.parts.store.read({
        kind: 'activePushSubscriptions',
        after,
        limit: PAGE_SIZE,
      });
      for (const row of rows) active.set(row.subscriptionId, row);
      if (rows.length < PAGE_SIZE) break;
      after = (rows.at(-1) as PushSubscriptionRow).subscriptionId;
    }
    if (this.stopped !== undefined) return;
    for (const id of this.workers.keys()) if (!active.has(id)) this.end(id);
    for (const [id, row] of active) this.keep(id, row);
  }

  private keep(id: string, row: PushSubscriptionRow): void {
    const known = this.workers.get(id);
    if (known === undefined) {
      const worker = new SubscriptionWorker(this.parts, row, () => void this.refresh());
      this.workers.set(id, { worker, row });
      worker.start();
    } else if (JSON.stringify(known.row) !== JSON.stringify(row)) {
      this.workers.set(id, { ...known, row });
      known.worker.update(row);
    }
  }

  private end(id: string): void {
    const known = this.workers.get(id);
    if (known === undefined) return;
    this.workers.delete(id);
    const ended = known.worker.stop().finally(() => {
      this.ending.delete(ended);
      if (!this.workers.has(id)) this.parts.client.forget(id);
    });
    this.ending.add(ended);
  }

  flushAttempts(subscriptionId: string): Promise<void> {
    return this.parts.log.flushOf(subscriptionId);
  }

  /** Posts one message made up for it, outside of the queue. */
  async test(subscription: PushSubscriptionRow): Promise<TestResult> {
    const { client, clock, ids, secrets } = this.parts;
    const nowMs = clock.nowMs();
    const signing = new SigningSecrets(subscription, secrets).at(nowMs);
    if (signing === undefined) {
      const error = 'the secret was sealed under another key';
      return { delivered: false, duration_ms: 0, error };
    }
    const message = testMessage(ids.uuid(), nowMs);
    const request = requestOf(subscription, message, signing, nowMs);
    const outcome = await client.post({ ...request, sender: TEST_SENDER });
    return {
      delivered: deliveryResult(outcome) === 'success',
      ...('status' in outcome ? { status: outcome.status } : { error: outcome.error }),
      duration_ms: outcome.durationMs,
    };
  }

  stop(): Promise<void> {
    this.stopped ??= this.close();
    return this.stopped;
  }

  private async close(): Promise<void> {
    this.cancelTimer?.();
    const startedMs = monotonicMs();
    for (const id of [...this.workers.keys()]) this.end(id);
    const ended = Promise.all(this.ending);
    let cancelTimer = (): void => undefined;
    const inTime = new Promise<void>((resolve) => {
      cancelTimer = setSystemTimer(resolve, STOP_WITHIN_MS - (monotonicMs() - startedMs));
    });
    await Promise.race([ended, inTime]);
    cancelTimer();
    await this.parts.client.close();
    await ended;
    await this.refreshing;
    await this.parts.log.flush();
  }
}

const testMessage = (messageId: string, nowMs: number): LeasedMessage => ({
  messageId,
  payload: '{"test":true}',
  headers: null,
  priority: 0,
  groupId: null,
  deduplicationId: null,
  enqueuedAtMs: nowMs,
  deliveryCount: 1,
  failures: 0,
  sourceQueue: null,
  deadLetteredAtMs: null,
  deadLetterReason: null,
  lastError: null,
  receipt: '',
  leaseExpiresAtMs: nowMs + TEST_LEASE_MS,
});
