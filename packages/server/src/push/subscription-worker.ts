import { LIMITS } from '@millrace/protocol';
import type { ConsumeCommand, LeasedMessage } from '../core/commands.js';
import type { Presence } from '../core/long-poll.js';
import { type PushSubscriptionRow, pushHolder } from '../core/push-subscription.js';
import type { Refusal } from '../core/refusal.js';
import { type Attempt, Breaker } from './breaker.js';
import { secretsOf } from './delivery.js';
import { deliveryResult } from './delivery-result.js';
import { post, retryAfterOf, settle } from './one-push.js';
import { Pace } from './pace.js';
import type { WorkerParts } from './worker-parts.js';

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
  /** What is being leased, posted or settled. */
  private readonly underWay = new Set<Promise<void>>();
  private posting = 0;
  /** Hands for which messages are being leased. */
  private reserved = 0;
  /** Nothing was left when it looked last, and no word of more has come since. */
  private drained = false;
  private foundSome = false;
  private wakes = 0;
  private pauseUntilMs = 0;
  private isGone = false;
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
    this.isGone = false;
    this.stir();
  }

  /** Begins no more pushes, and waits for those under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.stir();
    await this.running;
    // What was being leased goes back, so that this takes two rounds.
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private stir(): void {
    this.stirred = true;
    this.interrupt?.();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const holdMs = this.holdMs();
      if (holdMs === undefined) await this.leaseUntilHeld();
      else await this.sleep(holdMs);
    }
  }

  /**
   * Leases as hands become free, until nothing more may be leased. Only so long does it stand among
   * those who wait for messages: word that comes to somebody who cannot use it is lost to the others.
   */
  private async leaseUntilHeld(): Promise<void> {
    const { longPolls, store } = this.parts;
    const { project, queue } = this.subscription;
    const poll = longPolls.register(project, queue);
    if (poll === undefined) {
      await this.lease(this.freeHands());
      this.pauseUntilMs = this.parts.clock.nowMs() + PAUSE_MS;
      return;
    }
    this.drained = false;
    this.foundSome = false;
    try {
      while (!this.stopping && this.holdMs() === undefined) {
        this.stirred = false;
        const hands = this.freeHands() - this.reserved;
        if (!this.drained && hands > 0) {
          void this.lease(hands);
          continue;
        }
        store.expectReady(project, queue);
        const longestMs = store.safetyPollMs ?? Number.POSITIVE_INFINITY;
        const woken = await poll.wait(longestMs, this.presence);
        if (!woken && this.stirred) continue;
        // There may be more: by word of it, or because it is time to look again.
        this.drained = false;
        this.wakes += 1;
      }
    } finally {
      poll.close(this.foundSome);
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

  /** Until the time is up or something stirs. */
  private sleep(durationMs: number): Promise<void> {
    this.stirred = false;
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.interrupt = undefined;
        resolve();
      };
      const cancel = this.parts.clock.setTimer(wake, durationMs);
      this.interrupt = wake;
    });
  }

  /** How long nothing may be leased; undefined when something may. */
  private holdMs(): number | undefined {
    const nowMs = this.parts.clock.nowMs();
    if (this.isGone || this.freeHands() === 0 || !this.canSign()) return Number.POSITIVE_INFINITY;
    if (nowMs < this.pauseUntilMs) return this.pauseUntilMs - nowMs;
    if (this.breaker.admits(nowMs) === 'no') {
      return this.breaker.nextProbeAtMs === null
        ? Number.POSITIVE_INFINITY
        : Math.max(1, this.breaker.nextProbeAtMs - nowMs);
    }
    const paceMs = this.pace.notBeforeMs - nowMs;
    return paceMs > 0 ? paceMs : undefined;
  }

  private canSign(): boolean {
    const { secrets, clock, warn } = this.parts;
    if (secretsOf(this.subscription, secrets, clock.nowMs()) !== undefined) return true;
    const { subscriptionId } = this.subscription;
    warn(`push subscription ${subscriptionId}: its secret was sealed under another key`);
    return false;
  }

  /** Hands that post nothing. */
  private freeHands(): number {
    const { maxInFlight } = this.subscription;
    const isOneByOne = this.pace.isSlow || this.breaker.isOpen;
    return Math.max(0, (isOneByOne ? 1 : maxInFlight) - this.posting);
  }

  /** Leases for so many hands. The next ones need not wait for it. */
  private lease(hands: number): Promise<void> {
    this.reserved += hands;
    const { wakes } = this;
    const leasing = this.parts.commit
      .submit(this.consumeCommand(hands))
      .then((outcome) => {
        this.reserved -= hands;
        if (!outcome.ok) return this.heldBack(outcome);
        const { messages } = outcome;
        this.foundSome ||= messages.length > 0;
        // What has come since wakes it; what a full answer has left behind does not.
        this.drained = messages.length < hands && wakes === this.wakes;
        for (const message of messages) this.begin(message);
      })
      .finally(() => {
        this.underWay.delete(leasing);
        this.stir();
      });
    this.underWay.add(leasing);
    return leasing;
  }

  private heldBack({ code }: Refusal): void {
    this.pauseUntilMs = this.parts.clock.nowMs() + PAUSE_MS;
    // It was paused or deleted, here or on another node, or its queue was.
    if (code === 'SUBSCRIPTION_NOT_FOUND' || code === 'QUEUE_NOT_FOUND') this.changed();
  }

  private consumeCommand(hands: number): ConsumeCommand {
    const { project, queue, subscriptionId, visibilityTimeoutMs } = this.subscription;
    return {
      kind: 'consume',
      project,
      queue,
      idempotency: null,
      autoCreate: false,
      maxMessages: Math.min(hands, LIMITS.consumeMaxMessages),
      visibilityTimeoutMs,
      receiptPrefix: this.parts.ids.token(),
      maxBytes: MAX_BYTES,
      // In a FIFO queue no lease is to wait for the push of the message before it.
      onePerGroup: true,
      keyId: pushHolder(subscriptionId),
    };
  }

  private begin(message: LeasedMessage): void {
    if (this.stopping) {
      this.giveBack(message);
      return;
    }
    const attempt = this.breaker.began(message.messageId, this.parts.clock.nowMs());
    const push: Promise<void> = this.push(message, attempt)
      .catch((error) => this.abandon(message, attempt, error as Error))
      .finally(() => {
        this.underWay.delete(push);
      });
    this.underWay.add(push);
  }

  private async push(message: LeasedMessage, attempt: Attempt): Promise<void> {
    const { parts, breaker, pace, subscription } = this;
    this.posting += 1;
    const outcome = await post(parts, subscription, message).finally(() => {
      this.posting -= 1;
    });
    const result = deliveryResult(outcome);
    const nowMs = parts.clock.nowMs();
    const { usesRetry } = breaker.ended(attempt, result, nowMs, retryAfterOf(outcome));
    if (result !== 'cancelled') pace.ended(result === 'success', nowMs);
    // A hand is free: what follows is the store's work.
    this.stir();
    await settle(parts, subscription, message, outcome, usesRetry);
    if ('status' in outcome && outcome.status === GONE) await this.pause(subscription);
  }

  private giveBack(message: LeasedMessage): void {
    const end = { delayMs: 0, usesRetry: false, error: 'the push was called off' };
    const ended = this.parts.settlement.fail(this.subscription, message, end).finally(() => {
      this.underWay.delete(ended);
    });
    this.underWay.add(ended);
  }

  /** A fault of ours: the message goes back, and the breaker learns nothing of it. */
  private async abandon(message: LeasedMessage, attempt: Attempt, fault: Error): Promise<void> {
    const { warn, settlement, clock } = this.parts;
    warn(`push failed: ${fault.message}`);
    this.breaker.ended(attempt, 'cancelled', clock.nowMs());
    const failed = { delayMs: PAUSE_MS, usesRetry: false, error: 'the push failed' };
    await settlement.fail(this.subscription, message, failed).catch(() => undefined);
    this.stir();
  }

  /** The receiver says that it is no more. Nothing is leased until the subscription is seen again. */
  private async pause({ project, queue, subscriptionId }: PushSubscriptionRow): Promise<void> {
    this.isGone = true;
    const outcome = await this.parts.commit.submit({
      kind: 'pausePush',
      project,
      queue,
      idempotency: null,
      subscriptionId,
      reason: 'gone',
    });
    // Where it could not be written down, the next push will hear the same.
    if (!outcome.ok) this.isGone = false;
    this.changed();
    this.stir();
  }
}
