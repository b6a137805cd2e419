import type { Clock } from '../core/clock.js';
import type { ConsumeCommand, LeasedMessage } from '../core/commands.js';
import type { GroupCommit } from '../core/group-commit.js';
import type { IdSource } from '../core/ids.js';
import type { LongPolls, Presence } from '../core/long-poll.js';
import { type PushSubscriptionRow, pushHolder } from '../core/push-subscription.js';
import type { Store } from '../core/store.js';
import type { AttemptLog } from './attempt-log.js';
import { backoffMs } from './backoff.js';
import { type Attempt, Breaker } from './breaker.js';
import { requestOf, secretsOf } from './delivery.js';
import { type DeliveryResult, deliveryResult } from './delivery-result.js';
import { Pace } from './pace.js';
import type { PushClient, PushOutcome } from './push-client.js';
import type { SecretBox } from './push-secret.js';
import type { Settlement } from './settlement.js';

export interface WorkerParts {
  readonly store: Store;
  readonly commit: GroupCommit;
  readonly longPolls: LongPolls;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly client: PushClient;
  readonly secrets: SecretBox;
  readonly log: AttemptLog;
  readonly settlement: Settlement;
  readonly random: () => number;
  /** Says something to the operator. */
  readonly warn: (message: string) => void;
}

/** A refused command, or a queue that has no room for another wait: looked at again after this. */
const PAUSE_MS = 1_000;
const GONE = 410;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Pushes the messages of one subscription: leases as many as it has hands free, posts each and
 * settles it. It sleeps until a message comes, a hand is free, or the breaker lets a probe through.
 */
export class SubscriptionWorker {
  private readonly breaker: Breaker;
  private readonly pace = new Pace();
  /** Pushes that are posted or settled. */
  private readonly underWay = new Set<Promise<void>>();
  private posting = 0;
  private stopping = false;
  private stirred = false;
  private interrupt: (() => void) | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly parts: WorkerParts,
    private subscription: PushSubscriptionRow,
    /** It has paused its subscription. */
    private readonly changed: () => void,
  ) {
    this.breaker = new Breaker(parts.random);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** The settings have changed; pushes under way end under the old ones. */
  update(subscription: PushSubscriptionRow): void {
    this.subscription = subscription;
    this.stir();
  }

  /** Begins no more pushes, and waits for those under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.stir();
    await this.running;
    await Promise.all(this.underWay);
  }

  private stir(): void {
    this.stirred = true;
    this.interrupt?.();
  }

  private async run(): Promise<void> {
    const { longPolls } = this.parts;
    const { project, queue } = this.subscription;
    const poll = longPolls.register(project, queue);
    try {
      while (!this.stopping) {
        this.stirred = false;
        const waitMs = this.holdMs() ?? (await this.leaseSome());
        if (waitMs === 0 || this.stirred) continue;
        this.parts.store.expectReady(project, queue);
        const longestMs = this.parts.store.safetyPollMs ?? Number.POSITIVE_INFINITY;
        // Without a place among those who wait, it looks again by itself.
        if (poll === undefined) await this.sleep(Math.min(waitMs, PAUSE_MS));
        else await poll.wait(Math.min(waitMs, longestMs), this.presence);
      }
    } finally {
      poll?.close(false);
    }
  }

  private readonly presence: Presence = {
    gone: () => this.stopping || this.stirred,
    onGone: (callback) => {
      this.interrupt = callback;
      return () => {
        this.interrupt = undefined;
      };
    },
  };

  private sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.parts.clock.setTimer(resolve, durationMs);
      this.interrupt = () => {
        cancel();
        resolve();
      };
    });
  }

  /** How long nothing may be leased; undefined when something may. */
  private holdMs(): number | undefined {
    const nowMs = this.parts.clock.nowMs();
    if (this.freeHands() === 0) return Number.POSITIVE_INFINITY;
    if (this.breaker.admits(nowMs) === 'no') {
      return this.breaker.nextProbeAtMs === null
        ? Number.POSITIVE_INFINITY
        : Math.max(1, this.breaker.nextProbeAtMs - nowMs);
    }
    const paceMs = this.pace.notBeforeMs - nowMs;
    return paceMs > 0 ? paceMs : undefined;
  }

  private freeHands(): number {
    const { maxInFlight } = this.subscription;
    const isOneByOne = this.pace.isSlow || this.breaker.isOpen;
    return Math.max(0, (isOneByOne ? 1 : maxInFlight) - this.posting);
  }

  /** @returns 0 when there may be more to lease at once, else how long to wait for word of it */
  private async leaseSome(): Promise<number> {
    const { store, warn, clock } = this.parts;
    const { subscriptionId } = this.subscription;
    if (secretsOf(this.subscription, this.parts.secrets, clock.nowMs()) === undefined) {
      warn(`push subscription ${subscriptionId}: its secret was sealed under another key`);
      return Number.POSITIVE_INFINITY;
    }
    const hands = this.freeHands();
    const commands = this.consumeCommands(hands);
    const outcomes = await Promise.all(
      commands.map((command) => this.parts.commit.submit(command)),
    );
    const messages = outcomes.flatMap((outcome) => (outcome.ok ? outcome.messages : []));
    for (const message of messages) this.begin(message);
    if (outcomes.some((outcome) => !outcome.ok)) return PAUSE_MS;
    // What comes from here on wakes it; what a full answer has left behind does not.
    return messages.length >= hands ? 0 : (store.safetyPollMs ?? Number.POSITIVE_INFINITY);
  }

  /** In a FIFO queue each push takes a group of its own, so that no lease waits for another push. */
  private consumeCommands(hands: number): ConsumeCommand[] {
    const { project, queue, subscriptionId, visibilityTimeoutMs } = this.subscription;
    const one = (maxMessages: number): ConsumeCommand => ({
      kind: 'consume',
      project,
      queue,
      idempotency: null,
      autoCreate: false,
      maxMessages,
      visibilityTimeoutMs,
      receiptPrefix: this.parts.ids.token(),
      maxBytes: MAX_BYTES,
      keyId: pushHolder(subscriptionId),
    });
    return this.subscription.queueType === 'fifo'
      ? Array.from({ length: hands }, () => one(1))
      : [one(hands)];
  }

  private begin(message: LeasedMessage): void {
    const attempt = this.breaker.began(message.messageId, this.parts.clock.nowMs());
    const push: Promise<void> = this.push(message, attempt)
      .catch((error) => this.parts.warn(`push failed: ${(error as Error).message}`))
      .finally(() => {
        this.underWay.delete(push);
      });
    this.underWay.add(push);
  }

  private async push(message: LeasedMessage, attempt: Attempt): Promise<void> {
    const { client, clock, settlement, secrets } = this.parts;
    const { subscription } = this;
    const atMs = clock.nowMs();
    const request = requestOf(
      subscription,
      message,
      secretsOf(subscription, secrets, atMs) ?? [],
      clock,
    );
    this.posting += 1;
    const outcome = await client.post(request);
    this.posting -= 1;
    const result = deliveryResult(outcome);
    this.record(message, atMs, outcome);
    const nowMs = clock.nowMs();
    const { usesRetry } = this.breaker.ended(attempt, result, nowMs, retryAfterOf(outcome));
    if (result !== 'cancelled') this.pace.ended(result === 'success', nowMs);
    // A hand is free: what follows is the store's work.
    this.stir();
    if (result === 'success') {
      await settlement.ack(subscription, message);
      return;
    }
    const delayMs = this.delayMs(message, result, usesRetry, outcome);
    await settlement.fail(subscription, message, { delayMs, usesRetry, error: errorOf(outcome) });
    if ('status' in outcome && outcome.status === GONE) await this.pause(subscription);
  }

  private delayMs(
    { failures }: LeasedMessage,
    result: DeliveryResult,
    usesRetry: boolean,
    outcome: PushOutcome,
  ): number {
    if (result === 'cancelled') return 0;
    const backoff = backoffMs(usesRetry ? failures + 1 : 1, this.parts.random);
    return Math.round(Math.max(backoff, retryAfterOf(outcome) ?? 0));
  }

  private record({ messageId, deliveryCount }: LeasedMessage, atMs: number, outcome: PushOutcome) {
    this.parts.log.add(this.subscription.subscriptionId, {
      deliveryId: this.parts.ids.uuid(),
      atMs,
      messageId,
      attempt: deliveryCount,
      status: 'status' in outcome ? outcome.status : null,
      durationMs: outcome.durationMs,
      error: 'error' in outcome ? outcome.error : null,
    });
  }

  /** The receiver says that it is no more. */
  private async pause({ project, queue, subscriptionId }: PushSubscriptionRow): Promise<void> {
    this.stopping = true;
    await this.parts.commit.submit({
      kind: 'pausePush',
      project,
      queue,
      idempotency: null,
      subscriptionId,
      reason: 'gone',
    });
    this.changed();
  }
}

const retryAfterOf = (outcome: PushOutcome): number | null =>
  'status' in outcome ? outcome.retryAfterMs : null;

const errorOf = (outcome: PushOutcome): string =>
  'status' in outcome ? `the receiver answered ${outcome.status}` : outcome.error;
