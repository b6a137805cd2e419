import type { Fault } from '../fault.js';
import type { IdSource } from '../ids.js';
import type { Access } from '../keys/caller.js';
import type { Audited } from '../queue/audit-entry.js';
import type {
  Accepted,
  Command,
  ConsumeCommand,
  DeadLetterJobCommand,
  DeliveryRef,
  ExtendCommand,
  LeasedMessage,
  NackEntry,
  NewMessage,
  Outcome,
} from '../queue/commands.js';
import type { SubscribePushCommand } from '../queue/push-commands.js';
import { jobInterrupted, overloaded, unauthenticated } from '../refusal.js';
import type { Store } from '../store/store.js';
import type { Reservation } from './byte-budget.js';
import type { GroupCommit } from './group-commit.js';
import { leaseWithin } from './lease-within.js';
import type { LongPolls, Presence } from './long-poll.js';

/** What names a call's queue and makes its retry safe. */
export type Target = Pick<ConsumeCommand, 'project' | 'queue' | 'idempotency' | 'keyId'> & Audited;

export interface ConsumeOptions {
  readonly maxMessages: number;
  readonly visibilityTimeoutMs: number | null;
  readonly waitMs: number;
  /** An answer stops here. */
  readonly maxBytes: number;
  /** What the answer holds of the bytes in flight. */
  readonly room: Reservation;
  /** Also gone when the key has ended. */
  readonly presence: Presence;
  readonly access: Access;
}

/** So long a call that does not wait looks on behind messages past their retention, at most. */
const BEHIND_EXPIRED_MS = 1_000;

export interface QueueServiceOptions {
  readonly autoCreate: boolean;
  /** A redrive or purge was begun that nobody here goes on with. */
  jobInterrupted(): void;
}

/**
 * The calls of the queue, over commands: it hands ids in, waits where a consumer waits, and gives
 * back what nobody is there to take. It knows neither HTTP nor a store's inside.
 */
export function createQueueService(
  store: Store,
  commit: GroupCommit,
  longPolls: LongPolls,
  ids: IdSource,
  options: QueueServiceOptions,
) {
  const { autoCreate } = options;
  let stopping = false;
  const consumesUnderWay = new Map<string, Promise<unknown>>();

  /** Goes on where it was cut short, for a moment even if nobody wants to wait. */
  const consumeOnce = async (
    target: Target,
    wanted: ConsumeOptions,
  ): Promise<Outcome<'consume'>> => {
    const untilMs = store.clock.monotonicMs() + BEHIND_EXPIRED_MS;
    for (;;) {
      const command = {
        project: target.project,
        queue: target.queue,
        idempotency: target.idempotency,
        ...(target.keyId === undefined ? undefined : { keyId: target.keyId }),
        autoCreate,
        maxMessages: wanted.maxMessages,
        visibilityTimeoutMs: wanted.visibilityTimeoutMs,
        receiptPrefix: ids.token(),
      };
      const { room, maxBytes, access, presence } = wanted;
      const outcome = await leaseWithin(commit, room, command, maxBytes, access);
      if (!isEmpty(outcome) || presence.gone()) return outcome;
      // There are messages, and the next commit group has room for them.
      if (isCrowded(outcome)) continue;
      if (!isCutShort(outcome) || store.clock.monotonicMs() >= untilMs) return outcome;
    }
  };

  const consumeWaiting = async (
    target: Target,
    wanted: ConsumeOptions,
  ): Promise<Outcome<'consume'>> => {
    const poll = longPolls.register(target.project, target.queue, 'client');
    if (poll === undefined) return overloaded('long polls');
    store.expectReady(target.project, target.queue);
    const deadlineMs = store.clock.monotonicMs() + wanted.waitMs;
    let satisfied = false;
    try {
      for (;;) {
        const outcome = await consumeOnce(target, wanted);
        satisfied = outcome.ok && outcome.messages.length > 0 && !wanted.presence.gone();
        if (!isEmpty(outcome)) return outcome;
        const leftMs = deadlineMs - store.clock.monotonicMs();
        if (leftMs <= 0) return outcome;
        if (isCutShort(outcome) && !poll.ended(wanted.presence)) continue;
        if (!(await poll.wait(leftMs, wanted.presence))) return outcome;
      }
    } finally {
      poll.close(satisfied);
    }
  };

  const giveBack = async (target: Target, messages: readonly LeasedMessage[]): Promise<void> => {
    await Promise.all(
      messages.map(({ messageId, receipt }) =>
        commit.submit({
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
  };

  const consumeForClient = async (
    target: Target,
    wanted: ConsumeOptions,
  ): Promise<Outcome<'consume'>> => {
    const outcome = await (wanted.waitMs > 0 ? consumeWaiting : consumeOnce)(target, wanted);
    // What was leased for a key that has ended meanwhile is nobody's.
    if (wanted.access.ended()) {
      if (outcome.ok) await giveBack(target, outcome.messages);
      return unauthenticated();
    }
    // With an idempotency key the client comes back for what it was leased; without, nobody will.
    if (wanted.presence.gone() && target.idempotency === null && !isEmpty(outcome) && outcome.ok) {
      await giveBack(target, outcome.messages);
      return { ...outcome, messages: [] };
    }
    return outcome;
  };

  return {
    submit: <C extends Command>(command: C, access: Access): Promise<Outcome<C['kind']>> =>
      commit.submit(command, access),

    /** Publishes all of the messages or none. */
    publish(
      target: Target,
      messages: readonly Omit<NewMessage, 'messageId'>[],
      batch: boolean,
      access: Access,
    ): Promise<Outcome<'publish'>> {
      return commit.submit(
        {
          kind: 'publish',
          project: target.project,
          queue: target.queue,
          idempotency: target.idempotency,
          autoCreate,
          batch,
          messages: messages.map((message) => ({ messageId: ids.uuid(), ...message })),
        },
        access,
      );
    },

    subscribePush(
      target: Target,
      wanted: Pick<SubscribePushCommand, 'settings' | 'forms'>,
      access: Access,
    ): Promise<Outcome<'subscribePush'>> {
      const subscriptionId = ids.uuid();
      return commit.submit(
        { kind: 'subscribePush', ...target, autoCreate, subscriptionId, ...wanted },
        access,
      );
    },

    /**
     * Redrives or purges dead letters. The job that it starts or joins outlives this call and this
     * process, so that whatever ends it early is no refusal of the whole.
     */
    async deadLetters(
      target: Target,
      wanted: Pick<DeadLetterJobCommand, 'action' | 'messageId' | 'sinceMs' | 'maxMessages'>,
      access: Access,
    ): Promise<Outcome<'deadLetterJob'>> {
      const started = await commit.submit<DeadLetterJobCommand>(
        { kind: 'deadLetterJob', ...target, ...wanted, jobId: ids.uuid() },
        access,
      );
      if (!started.ok) {
        if (started.code === 'OUTCOME_UNKNOWN') options.jobInterrupted();
        return started;
      }
      const { jobId } = started;
      if (jobId === null || started.finished) return started;
      let fault: Fault | undefined;
      // Other commands go between its steps.
      while (!stopping) {
        const step = await commit.submit({ kind: 'stepJob', jobId });
        if (step.ok && step.finished) return { ...started, done: step.done, finished: true };
        if (step.ok) continue;
        fault = step.fault;
        break;
      }
      options.jobInterrupted();
      return jobInterrupted(wanted.action, fault);
    },

    /** Leases messages; a call with the key of one that still runs waits for it first. */
    async consume(target: Target, wanted: ConsumeOptions): Promise<Outcome<'consume'>> {
      if (target.idempotency === null) return consumeForClient(target, wanted);
      const key = `${target.project}\n${target.queue}\n${target.idempotency.key}`;
      const before = consumesUnderWay.get(key);
      const start = () => consumeForClient(target, wanted);
      const run = before === undefined ? start() : before.then(start, start);
      consumesUnderWay.set(key, run);
      try {
        return await run;
      } finally {
        if (consumesUnderWay.get(key) === run) consumesUnderWay.delete(key);
      }
    },

    ack(
      target: Target,
      entries: readonly DeliveryRef[],
      batch: boolean,
      access: Access,
    ): Promise<Outcome<'ack'>> {
      return commit.submit({ kind: 'ack', ...target, batch, entries }, access);
    },

    nack(
      target: Target,
      entries: readonly NackEntry[],
      batch: boolean,
      access: Access,
    ): Promise<Outcome<'nack'>> {
      return commit.submit({ kind: 'nack', ...target, batch, entries }, access);
    },

    extend(
      target: Target,
      extension: Pick<ExtendCommand, 'messageId' | 'receipt' | 'visibilityTimeoutMs'>,
      access: Access,
    ): Promise<Outcome<'extend'>> {
      return commit.submit({ kind: 'extend', ...target, ...extension }, access);
    },

    /** Lets go of jobs at their next step. */
    stop(): void {
      stopping = true;
    },
  };
}

export type QueueService = ReturnType<typeof createQueueService>;

const isEmpty = (outcome: Outcome<'consume'>): boolean =>
  outcome.ok && (outcome as Accepted<'consume'>).messages.length === 0;

const isCrowded = (outcome: Outcome<'consume'>): boolean => outcome.ok && outcome.crowded === true;

const isCutShort = (outcome: Outcome<'consume'>): boolean =>
  outcome.ok && outcome.cutShort === true;
