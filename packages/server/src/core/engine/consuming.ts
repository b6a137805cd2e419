import type { Audited } from '../commands/audit-entry.js';
import type { ConsumeCommand, LeasedMessage, Outcome } from '../commands/commands.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import type { ConsumerBook } from '../consumers/consumer-book.js';
import type { IdSource } from '../ids.js';
import type { Access } from '../keys/caller.js';
import { overloaded, unauthenticated } from '../refusal.js';
import type { Store } from '../store/store.js';
import type { Reservation } from './byte-budget.js';
import { leaseWithin } from './lease-within.js';
import type { LongPolls, Presence } from './long-poll.js';

/** The queue of a call, and the fields that make its retry safe. */
export type Target = Pick<ConsumeCommand, 'project' | 'queue' | 'idempotency' | 'keyId'> & Audited;

export interface ConsumeOptions {
  readonly maxMessages: number;
  readonly visibilityTimeoutMs: number | null;
  readonly waitMs: number;
  /** The most bytes that the messages may take in the answer. */
  readonly maxBytes: number;
  /** The answer's share of the bytes in flight. */
  readonly room: Reservation;
  /** The client also counts as gone once its key has ended. */
  readonly presence: Presence;
  readonly access: Access;
}

/** How long a call that does not wait keeps looking past messages whose retention has ended. */
const BEHIND_EXPIRED_MS = 1_000;

/**
 * Consumes for clients: waits if the client asks to, and returns messages that no client is there to
 * take.
 */
export class Consuming {
  private readonly underWayByKey = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: Store,
    private readonly commit: GroupCommit,
    private readonly longPolls: LongPolls,
    private readonly consumers: ConsumerBook,
    private readonly ids: IdSource,
    private readonly autoCreate: boolean,
  ) {}

  /**
   * Leases messages. A call whose idempotency key another call under way uses first waits for that call.
   */
  async consume(target: Target, wanted: ConsumeOptions): Promise<Outcome<'consume'>> {
    if (target.idempotency === null) return this.consumeForClient(target, wanted);
    const key = `${target.project}\n${target.queue}\n${target.idempotency.key}`;
    const before = this.underWayByKey.get(key);
    const { clock } = this.store;
    const deadlineMs = clock.monotonicMs() + wanted.waitMs;
    const continued = () => {
      const waitMs = Math.max(0, deadlineMs - clock.monotonicMs());
      return this.consumeForClient(target, { ...wanted, waitMs });
    };
    const run = before?.then(continued, continued) ?? this.consumeForClient(target, wanted);
    this.underWayByKey.set(key, run);
    try {
      return await run;
    } finally {
      if (this.underWayByKey.get(key) === run) this.underWayByKey.delete(key);
    }
  }

  private async consumeForClient(
    target: Target,
    wanted: ConsumeOptions,
  ): Promise<Outcome<'consume'>> {
    const outcome = await (wanted.waitMs > 0
      ? this.consumeWaiting(target, wanted)
      : this.consumeOnce(target, wanted, this.autoCreate));
    // Messages that were leased for a key that has ended in the meantime go to no caller.
    if (wanted.access.ended()) {
      if (outcome.ok) await this.giveBack(target, outcome.messages);
      return unauthenticated();
    }
    // With an idempotency key, the client can repeat the call to get its messages; without one, it
    // cannot.
    if (wanted.presence.gone() && target.idempotency === null && !isEmpty(outcome) && outcome.ok) {
      await this.giveBack(target, outcome.messages);
      return { ...outcome, messages: [] };
    }
    return outcome;
  }

  private async consumeWaiting(
    target: Target,
    wanted: ConsumeOptions,
  ): Promise<Outcome<'consume'>> {
    const { clock } = this.store;
    const poll = this.longPolls.register(target.project, target.queue, 'client');
    if (poll === undefined) return overloaded('long polls');
    this.store.expectReady(target.project, target.queue);
    const deadlineMs = clock.monotonicMs() + wanted.waitMs;
    let satisfied = false;
    let waitEnds: (() => void) | undefined;
    let { autoCreate } = this;
    try {
      for (;;) {
        const outcome = await this.consumeOnce(target, wanted, autoCreate);
        // A queue that is deleted during the wait must not come back by it.
        autoCreate = false;
        satisfied = outcome.ok && outcome.messages.length > 0 && !wanted.presence.gone();
        if (!isEmpty(outcome)) return outcome;
        const leftMs = deadlineMs - clock.monotonicMs();
        if (leftMs <= 0) return outcome;
        if (isCutShort(outcome) && !poll.ended(wanted.presence)) continue;
        waitEnds ??= this.consumers.waits(target.project, target.queue, target.keyId ?? null);
        if (!(await poll.wait(leftMs, wanted.presence))) return outcome;
      }
    } finally {
      waitEnds?.();
      poll.close(satisfied);
    }
  }

  /** Continues where a consume was cut short, for a moment even if the caller does not wait. */
  private async consumeOnce(
    target: Target,
    wanted: ConsumeOptions,
    autoCreate: boolean,
  ): Promise<Outcome<'consume'>> {
    const { clock } = this.store;
    const untilMs = clock.monotonicMs() + BEHIND_EXPIRED_MS;
    for (;;) {
      const command = {
        project: target.project,
        queue: target.queue,
        idempotency: target.idempotency,
        ...(target.keyId === undefined ? undefined : { keyId: target.keyId }),
        autoCreate,
        maxMessages: wanted.maxMessages,
        visibilityTimeoutMs: wanted.visibilityTimeoutMs,
        receiptPrefix: this.ids.token(),
      };
      const { room, maxBytes, access, presence } = wanted;
      const outcome = await leaseWithin(this.commit, room, command, maxBytes, access);
      if (outcome.ok) this.consumers.fetched(target.project, target.queue, target.keyId ?? null);
      if (!isEmpty(outcome) || presence.gone()) return outcome;
      // There are messages, and the next commit group has room for them.
      if (isCrowded(outcome)) continue;
      if (!isCutShort(outcome) || clock.monotonicMs() >= untilMs) return outcome;
    }
  }

  private async giveBack(target: Target, messages: readonly LeasedMessage[]): Promise<void> {
    await Promise.all(
      messages.map(({ messageId, receipt }) =>
        this.commit.submit({
          kind: 'extend',
          project: target.project,
          queue: target.queue,
          idempotency: null,
          messageId,
          receipt,
          visibilityTimeoutMs: 0,
        }),
      ),
    );
  }
}

const isEmpty = (outcome: Outcome<'consume'>): boolean =>
  outcome.ok && outcome.messages.length === 0;

const isCrowded = (outcome: Outcome<'consume'>): boolean => outcome.ok && outcome.crowded === true;

const isCutShort = (outcome: Outcome<'consume'>): boolean =>
  outcome.ok && outcome.cutShort === true;
