import type { LeasedMessage } from '../../core/commands/commands.js';
import { faultOf } from '../../core/fault.js';
import type { PushSubscriptionRow } from '../../core/queue/push-subscription.js';
import type { PushDependencies } from '../push-dependencies.js';
import { type Attempt, Breaker } from '../receiver/breaker.js';
import { Pace } from '../receiver/pace.js';
import type { PushOutcome } from '../request/exchange.js';
import { requestOf } from '../request/signing/signed-request.js';
import { SigningSecrets } from '../request/signing/signing-secrets.js';
import { Acks } from './acks.js';
import { note, retryAfterOf, sendBack } from './after-push.js';
import { deliveryResult } from './delivery-result.js';
import { InFlight } from './in-flight.js';
import type { PostSlots } from './post-slots.js';
import { idsOf, PushLines } from './push-lines.js';
import { PushRooms } from './push-rooms.js';

/** How long a message is delayed after its push failed because of a fault in the server. */
const PAUSE_MS = 1_000;
const GONE = 410;
/**
 * How much longer than until the next probe a failed message waits; the probe's lease is over by then.
 */
const BEHIND_PROBE_MAX_MS = 5_000;

export interface PushListener {
  /** The receiver has answered that it no longer exists. */
  gone(): void;
  /** Called after `gone`, once the message has been sent back. */
  pauseGone(subscription: PushSubscriptionRow): Promise<void>;
}

/** Posts the leased messages of one subscription, and settles each. */
export class MessagePusher {
  readonly rooms = new PushRooms();
  readonly lines: PushLines;
  /** Messages being leased, posted or sent back. */
  readonly underWay = new InFlight();
  private readonly breaker: Breaker;
  private readonly pace = new Pace();
  private readonly acks: Acks;
  private secrets: SigningSecrets;
  /** Pushes under way that began while the breaker was open. */
  private probing = 0;

  constructor(
    private readonly dependencies: PushDependencies,
    private subscription: PushSubscriptionRow,
    private readonly slots: PostSlots,
    private readonly listener: PushListener,
  ) {
    this.breaker = new Breaker(dependencies.random);
    this.lines = new PushLines(dependencies.processLog);
    this.secrets = new SigningSecrets(subscription, dependencies.secrets);
    const { project, queue } = subscription;
    this.acks = new Acks(dependencies.commit, dependencies.clock, { project, queue });
  }

  /** Applies changed settings; pushes under way finish with the old ones. */
  update(subscription: PushSubscriptionRow): void {
    this.subscription = subscription;
    this.secrets = new SigningSecrets(subscription, this.dependencies.secrets);
  }

  get isBreakerOpen(): boolean {
    return this.breaker.isOpen;
  }

  /** How long the breaker admits no probe; undefined while it is closed or a probe is under way. */
  get probeInMs(): number | undefined {
    const { nextProbeAtMs } = this.breaker;
    return nextProbeAtMs === null
      ? undefined
      : Math.max(0, nextProbeAtMs - this.dependencies.clock.monotonicMs());
  }

  /** For how many more messages posts may begin. A slow receiver gets one at a time. */
  get freeSlots(): number {
    const { taken } = this.slots;
    const free = this.subscription.maxInFlight - taken;
    // A push that hangs since before the outage must not keep the probe from being sent.
    if (this.breaker.isOpen) return Math.min(free, 1 - this.probing);
    return this.pace.isSlow ? 1 - taken : free;
  }

  /** Whether the breaker admits another push. */
  mayPost(): boolean {
    return this.breaker.admits(this.dependencies.clock.monotonicMs()) !== 'no';
  }

  /** How long nothing may be pushed; undefined if something may. */
  holdMs(): number | undefined {
    const { clock } = this.dependencies;
    if (!this.canSign(clock.nowMs())) return Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonicMs();
    if (this.breaker.admits(nowMs) === 'no') {
      const { nextProbeAtMs } = this.breaker;
      return nextProbeAtMs === null ? Number.POSITIVE_INFINITY : Math.max(1, nextProbeAtMs - nowMs);
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

  async push(message: LeasedMessage): Promise<void> {
    const { dependencies, subscription } = this;
    const { clock } = dependencies;
    const startMs = clock.nowMs();
    const spared = message.deliveryCount - 1 - message.nacks;
    const attempt = this.breaker.began(message.messageId, clock.monotonicMs(), spared);
    this.underWay.begin();
    try {
      const outcome = await this.post(message, startMs);
      note(dependencies, subscription, message, startMs, outcome);
      await this.settle(subscription, message, attempt, outcome);
    } catch (error) {
      await this.abandon(message, attempt, error as Error);
    } finally {
      this.rooms.release(message);
    }
    this.underWay.end();
  }

  private async settle(
    subscription: PushSubscriptionRow,
    message: LeasedMessage,
    attempt: Attempt,
    outcome: PushOutcome,
  ): Promise<void> {
    const nowMs = this.dependencies.clock.monotonicMs();
    const result = deliveryResult(outcome);
    this.dependencies.attempted(result);
    const retryAfterMs = retryAfterOf(outcome);
    const { usesRetry, change } = this.breaker.ended(attempt, result, nowMs, retryAfterMs);
    this.lines.ended(subscription, message, outcome, change);
    if (result !== 'cancelled') this.pace.ended(result === 'success', nowMs);
    const isGone = 'status' in outcome && outcome.status === GONE;
    if (isGone) this.listener.gone();
    // Only the store has work left.
    this.slots.whenFree();
    if (result === 'success') {
      this.acks.add(message);
    } else {
      const heldMs = result === 'outage' ? this.heldBehindProbeMs(nowMs) : 0;
      await sendBack(this.dependencies, subscription, message, outcome, { usesRetry, heldMs });
    }
    if (isGone) await this.listener.pauseGone(subscription);
  }

  /**
   * While the breaker is open, a message that failed is delayed until after the next probe: the probe
   * should be another message if there is one, or a single bad message would keep the breaker open.
   */
  private heldBehindProbeMs(nowMs: number): number {
    const probeInMs = (this.breaker.nextProbeAtMs ?? nowMs) - nowMs;
    return probeInMs + Math.min(probeInMs / 2, BEHIND_PROBE_MAX_MS);
  }

  private async post(message: LeasedMessage, nowMs: number): Promise<PushOutcome> {
    const isProbe = this.breaker.isOpen;
    if (isProbe) this.probing += 1;
    this.slots.taken += 1;
    try {
      const secrets = this.secrets.at(nowMs);
      // The message was leased while it could be signed; it must not be sent unsigned.
      if (secrets === undefined) throw new Error('its secret was sealed under another key');
      const times = { nowMs, wallMs: this.dependencies.clock.wallMs() };
      return await this.dependencies.client.post(
        requestOf(this.subscription, message, secrets, times),
      );
    } finally {
      this.slots.taken -= 1;
      if (isProbe) this.probing -= 1;
    }
  }

  /** Returns a message that was leased and not posted, which counts no failure. */
  giveBack(message: LeasedMessage): void {
    this.rooms.release(message);
    this.underWay.begin();
    const end = { delayMs: 0, usesRetry: false, error: null };
    void this.dependencies.settlement
      .fail(this.subscription, message, end)
      .finally(() => this.underWay.end());
  }

  /** A fault in the server: the message goes back, and the breaker does not count the attempt. */
  private async abandon(message: LeasedMessage, attempt: Attempt, fault: Error): Promise<void> {
    const { processLog, settlement, clock } = this.dependencies;
    const { cause, ...where } = faultOf(fault);
    const same = { ...idsOf(this.subscription), cause };
    const latest = { message_id: message.messageId, ...where };
    processLog.counted('error', 'push failed because of a fault in the server', same, latest);
    this.breaker.ended(attempt, 'cancelled', clock.monotonicMs());
    const failed = { delayMs: PAUSE_MS, usesRetry: false, error: 'the push failed' };
    await settlement.fail(this.subscription, message, failed).catch(() => undefined);
    this.slots.whenFree();
  }

  /** Resolves when nothing is under way any more. */
  async ended(): Promise<void> {
    await this.underWay.none();
    await this.acks.settled();
  }
}
