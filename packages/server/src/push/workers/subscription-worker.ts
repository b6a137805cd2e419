import { LIMITS } from '@millrace/protocol/limits';
import { monotonicMs } from '../../core/clock.js';
import { leaseWithin } from '../../core/engine/lease-within.js';
import type { Presence } from '../../core/engine/long-poll.js';
import { faultOf } from '../../core/fault.js';
import { ENDLESS_ACCESS } from '../../core/keys/caller.js';
import type { ConsumeCommand, LeasedMessage } from '../../core/queue/commands.js';
import { type PushSubscriptionRow, pushHolder } from '../../core/queue/push-subscription.js';
import type { Refusal } from '../../core/refusal.js';
import { Acks } from '../delivery/acks.js';
import { deliveryResult } from '../delivery/delivery-result.js';
import { requestOf } from '../request/delivery.js';
import type { PushOutcome } from '../request/exchange.js';
import { SigningSecrets } from '../request/signing-secrets.js';
import { note, retryAfterOf, sendBack } from './after-push.js';
import { type Attempt, Breaker } from './breaker.js';
import { InFlight } from './in-flight.js';
import { Lookahead } from './lookahead.js';
import { Pace } from './pace.js';
import { PrefetchedMessages } from './prefetched-messages.js';
import { idsOf, PushLines } from './push-lines.js';
import { PUSH_LEAST_BYTES, PushRooms } from './push-rooms.js';
import type { WorkerDependencies } from './worker-dependencies.js';

/** A refused command, or a queue that has no room for another wait: looked at again after this. */
const PAUSE_MS = 1_000;
const GONE = 410;
/** So much later than the probe it comes back, so that the probe's lease is over by then. */
const BEHIND_PROBE_MAX_MS = 5_000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Pushes the messages of one subscription: leases as many as it has slots free, posts each and
 * settles it. It sleeps until a message comes, a hand is free, or the breaker lets a probe through.
 */
export class SubscriptionWorker {
  private readonly breaker: Breaker;
  private readonly pace = new Pace();
  private secrets: SigningSecrets;
  /** What is being leased, posted or sent back. */
  private readonly underWay = new InFlight();
  private readonly lookahead = new Lookahead();
  private readonly prefetched: PrefetchedMessages;
  private readonly acks: Acks;
  private readonly rooms = new PushRooms();
  private readonly lines: PushLines;
  /** Messages that are being posted. */
  posting = 0;
  private leasing = false;
  /** Nothing was left when it looked last, and no word of more has come since. */
  private drained = false;
  private foundSome = false;
  private wakes = 0;
  private pauseUntilMs = 0;
  private isGone = false;
  private stopping = false;
  private isWoken = false;
  private interrupt: (() => void) | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly dependencies: WorkerDependencies,
    private subscription: PushSubscriptionRow,
    /** It has paused its subscription. */
    private readonly changed: () => void,
  ) {
    this.breaker = new Breaker(dependencies.random);
    this.lines = new PushLines(dependencies.processLog);
    this.secrets = new SigningSecrets(subscription, dependencies.secrets);
    const { project, queue } = subscription;
    this.acks = new Acks(dependencies.commit, dependencies.clock, { project, queue });
    this.prefetched = new PrefetchedMessages(dependencies.clock, (message) =>
      this.giveBack(message),
    );
  }

  start(): void {
    this.running ??= this.run();
  }

  /** The settings have changed; pushes under way end under the old ones. */
  update(subscription: PushSubscriptionRow): void {
    this.subscription = subscription;
    this.secrets = new SigningSecrets(subscription, this.dependencies.secrets);
    this.isGone = false;
    this.wake();
  }

  /** Begins no more pushes, and waits for those under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
    this.prefetched.giveBackAll();
    await this.underWay.none();
    await this.acks.settled();
  }

  private wake(): void {
    this.isWoken = true;
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
   * Leases as slots become free, until nothing more may be leased. Only so long does it stand among
   * those who wait for messages: word that comes to somebody who cannot use it is lost to the others.
   */
  private async leaseUntilHeld(): Promise<void> {
    const { longPolls, store } = this.dependencies;
    const { project, queue } = this.subscription;
    const poll = longPolls.register(project, queue, 'push');
    if (poll === undefined) {
      await this.lease(this.wanted());
      this.pauseUntilMs = this.dependencies.clock.monotonicMs() + PAUSE_MS;
      return;
    }
    this.drained = false;
    this.foundSome = false;
    try {
      while (!this.stopping && this.holdMs() === undefined) {
        this.isWoken = false;
        // One lease at a time: the slots that become free meanwhile go together with the next.
        if (!this.drained && !this.leasing) void this.lease(this.wanted());
        store.expectReady(project, queue);
        const woken = await poll.wait(Number.POSITIVE_INFINITY, this.presence);
        if (!woken && this.isWoken) continue;
        // There may be more: by word of it, or because it is time to look again.
        this.drained = false;
        this.wakes += 1;
      }
    } finally {
      poll.close(this.foundSome);
    }
  }

  private readonly presence: Presence = {
    gone: () => this.stopping || this.isWoken,
    onGone: (callback) => {
      this.interrupt = callback;
      return () => {
        this.interrupt = undefined;
      };
    },
  };

  /** Until the time is up or something wakes. */
  private sleep(durationMs: number): Promise<void> {
    this.isWoken = false;
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.interrupt = undefined;
        resolve();
      };
      const cancel = this.dependencies.clock.setTimer(wake, durationMs);
      this.interrupt = wake;
    });
  }

  /** How long nothing may be leased; undefined when something may. */
  private holdMs(): number | undefined {
    const { clock } = this.dependencies;
    if (this.isGone || this.wanted() <= 0 || !this.canSign(clock.nowMs())) {
      return Number.POSITIVE_INFINITY;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs < this.pauseUntilMs) return this.pauseUntilMs - nowMs;
    if (this.breaker.admits(nowMs) === 'no') {
      return this.breaker.nextProbeAtMs === null
        ? Number.POSITIVE_INFINITY
        : Math.max(1, this.breaker.nextProbeAtMs - nowMs);
    }
    const paceMs = this.pace.notBeforeMs - nowMs;
    return paceMs > 0 ? paceMs : undefined;
  }

  private canSign(nowMs: number): boolean {
    if (this.secrets.at(nowMs) !== undefined) return true;
    const ids = idsOf(this.subscription);
    this.dependencies.processLog.counted('warn', 'push secret was sealed under another key', ids);
    return false;
  }

  private get isOneByOne(): boolean {
    return this.pace.isSlow || this.breaker.isOpen;
  }

  /** Slots that post nothing. */
  private freeSlots(): number {
    return (this.isOneByOne ? 1 : this.subscription.maxInFlight) - this.posting;
  }

  /** How many messages to lease. */
  private wanted(): number {
    const soonFree = this.isOneByOne ? 0 : this.lookahead.slots(this.subscription.maxInFlight);
    return this.freeSlots() + soonFree - this.prefetched.size;
  }

  private async lease(wanted: number): Promise<void> {
    this.underWay.begin();
    this.leasing = true;
    const { wakes } = this;
    const startMs = monotonicMs();
    const { commit, budget } = this.dependencies;
    const room = budget.open(this.subscription.project, 'push');
    const asked = Math.min(wanted, LIMITS.consumeMaxMessages);
    const outcome = await leaseWithin(
      commit,
      room,
      this.consumeCommand(asked),
      MAX_BYTES,
      ENDLESS_ACCESS,
      PUSH_LEAST_BYTES,
    );
    this.leasing = false;
    this.lookahead.leased(monotonicMs() - startMs);
    if (outcome.ok) {
      const { messages, cutShort = false, crowded = false } = outcome;
      this.rooms.divide(room, messages);
      this.foundSome ||= messages.length > 0;
      // What has come since wakes it; what a full answer has left behind does not.
      this.drained = !cutShort && !crowded && wakes === this.wakes && messages.length < asked;
      for (const message of messages) this.prefetched.put(message);
      this.beginWaiting();
    } else {
      this.heldBack(outcome);
    }
    this.wake();
    this.underWay.end();
  }

  /** Posts what is leased, as far as slots are free. */
  private beginWaiting(): void {
    while (this.freeSlots() > 0 && this.mayPost()) {
      const message = this.prefetched.take();
      if (message === undefined) return;
      void this.push(message);
    }
    // The receiver has become slow, or is down or gone, since they were leased.
    if (this.isOneByOne || !this.mayPost()) this.prefetched.giveBackAll();
  }

  private mayPost(): boolean {
    const isHeld = this.breaker.admits(this.dependencies.clock.monotonicMs()) === 'no';
    return !this.stopping && !this.isGone && !isHeld;
  }

  private heldBack({ code }: Refusal): void {
    this.pauseUntilMs = this.dependencies.clock.monotonicMs() + PAUSE_MS;
    // It was paused or deleted, here or on another node, or its queue was.
    if (code === 'SUBSCRIPTION_NOT_FOUND' || code === 'QUEUE_NOT_FOUND') this.changed();
  }

  private consumeCommand(slots: number): Omit<ConsumeCommand, 'kind' | 'maxBytes' | 'strict'> {
    const { project, queue, subscriptionId, visibilityTimeoutMs } = this.subscription;
    return {
      project,
      queue,
      idempotency: null,
      autoCreate: false,
      maxMessages: slots,
      visibilityTimeoutMs,
      receiptPrefix: this.dependencies.ids.token(),
      // In a FIFO queue no lease is to wait for the push of the message before it.
      onePerMessageGroup: true,
      keyId: pushHolder(subscriptionId),
    };
  }

  private async push(message: LeasedMessage): Promise<void> {
    const { dependencies, subscription } = this;
    const startMs = dependencies.clock.nowMs();
    const spared = message.deliveryCount - 1 - message.nacks;
    const attempt = this.breaker.began(message.messageId, dependencies.clock.monotonicMs(), spared);
    this.underWay.begin();
    try {
      const outcome = await this.post(message, startMs);
      note(dependencies, subscription, message, startMs, outcome);
      const nowMs = dependencies.clock.monotonicMs();
      const result = deliveryResult(outcome);
      const retryAfterMs = retryAfterOf(outcome);
      const { usesRetry, change } = this.breaker.ended(attempt, result, nowMs, retryAfterMs);
      this.lines.ended(subscription, message, outcome, change);
      if (result !== 'cancelled') this.pace.ended(result === 'success', nowMs);
      this.lookahead.pushed(outcome.durationMs);
      const isGone = 'status' in outcome && outcome.status === GONE;
      this.isGone ||= isGone;
      // A hand is free: what follows is the store's work.
      if (this.isOneByOne || this.isGone) this.prefetched.giveBackAll();
      else this.beginWaiting();
      if (!this.leasing) this.wake();
      if (result === 'success') {
        this.acks.add(message);
      } else {
        const heldMs = result === 'outage' ? this.heldBehindProbeMs(nowMs) : 0;
        await sendBack(dependencies, subscription, message, outcome, { usesRetry, heldMs });
      }
      if (isGone) await this.pause(subscription);
    } catch (error) {
      await this.abandon(message, attempt, error as Error);
    } finally {
      this.rooms.release(message);
    }
    this.underWay.end();
  }

  /**
   * While the breaker is open, a message that failed steps behind the next probe: that shall be
   * another one, where there is one, or a single bad message would keep the breaker open.
   */
  private heldBehindProbeMs(nowMs: number): number {
    const probeInMs = (this.breaker.nextProbeAtMs ?? nowMs) - nowMs;
    return probeInMs + Math.min(probeInMs / 2, BEHIND_PROBE_MAX_MS);
  }

  private async post(message: LeasedMessage, nowMs: number): Promise<PushOutcome> {
    this.posting += 1;
    try {
      const secrets = this.secrets.at(nowMs);
      // It was leased while it could be signed; unsigned it must not go out.
      if (secrets === undefined) throw new Error('its secret was sealed under another key');
      const times = { nowMs, wallMs: this.dependencies.clock.wallMs() };
      return await this.dependencies.client.post(
        requestOf(this.subscription, message, secrets, times),
      );
    } finally {
      this.posting -= 1;
    }
  }

  /** It was leased and not posted. */
  private giveBack(message: LeasedMessage): void {
    this.rooms.release(message);
    this.underWay.begin();
    const end = { delayMs: 0, usesRetry: false, error: null };
    void this.dependencies.settlement
      .fail(this.subscription, message, end)
      .finally(() => this.underWay.end());
  }

  /** A fault of ours: the message goes back, and the breaker learns nothing of it. */
  private async abandon(message: LeasedMessage, attempt: Attempt, fault: Error): Promise<void> {
    const { processLog, settlement, clock } = this.dependencies;
    const { cause, ...where } = faultOf(fault);
    const same = { ...idsOf(this.subscription), cause };
    const latest = { message_id: message.messageId, ...where };
    processLog.counted('error', 'push failed by a fault of the server', same, latest);
    this.breaker.ended(attempt, 'cancelled', clock.monotonicMs());
    const failed = { delayMs: PAUSE_MS, usesRetry: false, error: 'the push failed' };
    await settlement.fail(this.subscription, message, failed).catch(() => undefined);
    this.wake();
  }

  /** The receiver says that it is no more. Nothing is leased until the subscription is seen again. */
  private async pause(subscription: PushSubscriptionRow): Promise<void> {
    const { project, queue, subscriptionId } = subscription;
    const outcome = await this.dependencies.commit.submit({
      kind: 'pausePush',
      project,
      queue,
      idempotency: null,
      subscriptionId,
      reason: 'gone',
    });
    // Where it could not be written down, the next push will hear the same.
    if (outcome.ok) this.lines.paused(subscription);
    else this.isGone = false;
    this.changed();
    this.wake();
  }
}
