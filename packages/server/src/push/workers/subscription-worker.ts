import type { ConsumeCommand, LeasedMessage } from '../../core/commands/commands.js';
import { leaseWithin } from '../../core/engine/lease-within.js';
import { ENDLESS_ACCESS } from '../../core/keys/caller.js';
import { type PushSubscriptionRow, pushHolder } from '../../core/queue/push-subscription.js';
import type { Refusal } from '../../core/refusal.js';
import { MessagePusher } from '../delivery/message-pusher.js';
import type { PostSlots } from '../delivery/post-slots.js';
import { PUSH_LEAST_BYTES } from '../delivery/push-rooms.js';
import type { PushDependencies } from '../push-dependencies.js';
import { LeaseNeed } from './lease-need.js';
import { Wakeup } from './wakeup.js';
import { afterEvent, type WorkerEvent, type WorkerState } from './worker-state.js';

/** How long to pause after a refused command, or if a queue has no room for another waiting call. */
const PAUSE_MS = 1_000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Pushes the messages of one subscription: leases as many as it has free slots, and has each posted and
 * settled. Its states are in `worker-state.ts`; what it knows of its queue is in `lease-need.ts`. It
 * sleeps until a message arrives, a slot becomes free, or the breaker admits a probe.
 */
export class SubscriptionWorker {
  private state: WorkerState = 'created';
  private readonly need = new LeaseNeed();
  private readonly wakeup: Wakeup;
  private readonly pusher: MessagePusher;
  /** Whether the wait for messages has found any. */
  private foundSome = false;
  private pauseUntilMs = 0;
  private running: Promise<void> | undefined;

  constructor(
    private readonly dependencies: PushDependencies,
    private subscription: PushSubscriptionRow,
    slots: PostSlots,
    /** The subscriptions of the queue have to be read again. */
    private readonly changed: () => void,
  ) {
    this.wakeup = new Wakeup(dependencies.clock);
    slots.whenFree = () => this.hasFreeSlot();
    this.pusher = new MessagePusher(dependencies, subscription, slots, {
      gone: () => this.on('receiverGone'),
      pauseGone: (gone) => this.pauseGone(gone),
    });
  }

  get isBreakerOpen(): boolean {
    return this.pusher.isBreakerOpen;
  }

  get probeInMs(): number | undefined {
    return this.pusher.probeInMs;
  }

  start(): void {
    if (this.state !== 'created') return;
    this.on('started');
    this.running = this.run();
  }

  /** Applies changed settings; pushes under way finish with the old ones. */
  update(subscription: PushSubscriptionRow): void {
    this.subscription = subscription;
    this.pusher.update(subscription);
    this.on('updated');
    this.wakeup.wake();
  }

  /** Begins no more pushes, and waits for those under way. */
  async stop(): Promise<void> {
    this.on('stopped');
    this.wakeup.wake();
    await this.running;
    await this.pusher.ended();
  }

  private on(event: WorkerEvent): void {
    this.state = afterEvent(this.state, event);
  }

  private async run(): Promise<void> {
    while (this.state !== 'stopping') {
      const holdMs = this.holdMs();
      this.on(holdMs === undefined ? 'mayLease' : 'mayNotLease');
      if (this.state === 'waiting') await this.waitForMessages();
      else await this.wakeup.sleep(holdMs ?? Number.POSITIVE_INFINITY);
    }
  }

  /** How long nothing may be leased; undefined if something may. */
  private holdMs(): number | undefined {
    if (this.state === 'gone' || this.pusher.freeSlots <= 0) return Number.POSITIVE_INFINITY;
    const pauseMs = this.pauseUntilMs - this.dependencies.clock.monotonicMs();
    return pauseMs > 0 ? pauseMs : this.pusher.holdMs();
  }

  /**
   * Leases as slots become free, until nothing more may be leased. The worker waits for messages only
   * that long: a signal of messages that goes to a worker that cannot use it is lost to the other
   * waiters.
   */
  private async waitForMessages(): Promise<void> {
    const { longPolls, store } = this.dependencies;
    const { project, queue } = this.subscription;
    const poll = longPolls.register(project, queue, 'push');
    this.need.on('told');
    if (poll === undefined) {
      if (this.need.wantsLease) await this.lease();
      this.pause();
      return;
    }
    this.foundSome = false;
    try {
      while (this.state === 'waiting' && this.holdMs() === undefined) {
        this.wakeup.take();
        // One lease at a time: slots that become free in the meantime are used by the next one.
        if (this.need.wantsLease) void this.lease();
        store.expectReady(project, queue);
        const isTold = await poll.wait(Number.POSITIVE_INFINITY, this.wakeup.presence);
        // The wait was not ended by this worker, but by a signal of messages or the time to look again.
        if (isTold || !this.wakeup.take()) this.need.on('told');
      }
    } finally {
      poll.close(this.foundSome);
    }
  }

  private async lease(): Promise<void> {
    const { commit, budget } = this.dependencies;
    const { underWay, rooms, freeSlots } = this.pusher;
    underWay.begin();
    this.need.on('began');
    const room = budget.open(this.subscription.project, 'push');
    const outcome = await leaseWithin(
      commit,
      room,
      this.consumeCommand(freeSlots),
      MAX_BYTES,
      ENDLESS_ACCESS,
      PUSH_LEAST_BYTES,
    );
    if (outcome.ok) {
      const { messages, cutShort = false, crowded = false } = outcome;
      rooms.divide(room, messages);
      this.foundSome ||= messages.length > 0;
      // A full answer may have left messages behind that no signal announces.
      const leftSome = cutShort || crowded || messages.length >= freeSlots;
      this.need.on(leftSome ? 'leftSome' : 'leftNone');
      this.pushOrGiveBack(messages);
    } else {
      this.need.on('leftSome');
      this.refused(outcome);
    }
    this.wakeup.wake();
    underWay.end();
  }

  private refused({ code }: Refusal): void {
    this.pause();
    // The subscription was paused or deleted, here or on another node, or its queue was deleted.
    if (code === 'SUBSCRIPTION_NOT_FOUND' || code === 'QUEUE_NOT_FOUND') this.changed();
  }

  private pause(): void {
    this.pauseUntilMs = this.dependencies.clock.monotonicMs() + PAUSE_MS;
  }

  private consumeCommand(
    maxMessages: number,
  ): Omit<ConsumeCommand, 'kind' | 'maxBytes' | 'strict'> {
    const { project, queue, subscriptionId, visibilityTimeoutMs } = this.subscription;
    return {
      project,
      queue,
      idempotency: null,
      autoCreate: false,
      maxMessages,
      visibilityTimeoutMs,
      receiptPrefix: this.dependencies.ids.token(),
      // In a FIFO queue, no lease should wait for the push of the message before it.
      onePerMessageGroup: true,
      keyId: pushHolder(subscriptionId),
    };
  }

  /**
   * Since the messages were leased, the receiver may have become slow, or may be down or gone, and the
   * settings may have changed: what can no longer be pushed goes back.
   */
  private pushOrGiveBack(messages: readonly LeasedMessage[]): void {
    for (const message of messages) {
      if (this.mayPush() && this.pusher.freeSlots > 0) void this.pusher.push(message);
      else this.pusher.giveBack(message);
    }
  }

  private mayPush(): boolean {
    return this.state !== 'stopping' && this.state !== 'gone' && this.pusher.mayPost();
  }

  private hasFreeSlot(): void {
    if (!this.need.isLeasing) this.wakeup.wake();
  }

  /** Nothing is leased until the subscription is read again. */
  private async pauseGone(subscription: PushSubscriptionRow): Promise<void> {
    const { project, queue, subscriptionId } = subscription;
    const outcome = await this.dependencies.commit.submit({
      kind: 'pausePush',
      project,
      queue,
      idempotency: null,
      subscriptionId,
      reason: 'gone',
    });
    // If the pause could not be stored, the next push gets the same answer.
    if (outcome.ok) this.pusher.lines.paused(subscription);
    else this.on('pauseFailed');
    this.changed();
    this.wakeup.wake();
  }
}
