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

/** The queue of a call, and what makes its retry safe. */
export type Target = Pick<ConsumeCommand, 'project' | 'queue' | 'idempotency' | 'keyId'> & Audited;

export interface ConsumeOptions {
  readonly maxMessages: number;
  readonly visibilityTimeoutMs: number | null;
  readonly waitMs: number;
  /** The most bytes of messages in the answer. */
  readonly maxBytes: number;
  /** The answer's share of the bytes in flight. */
  readonly room: Reservation;
  /** The client also counts as gone once its key has ended. */
  readonly presence: Presence;
  readonly access: Access;
}

/** How long a call that does not wait goes on looking past messages whose retention has ended. */
const BEHIND_EXPIRED_MS = 1_000;

export interface QueueServiceOptions {
  readonly autoCreate: boolean;
  /** A redrive or purge was started that no call on this node continues. */
  jobInterrupted(): void;
}

/**
 * The calls of a queue, expressed as commands. It supplies ids, waits on behalf of consumers, and returns
 * messages whose consumer has gone. It knows neither HTTP nor the internals of a store.
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

  /** Goes on where a consume was cut short, for a moment even if the caller does not wait. */
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
    // Nobody may have messages that were leased for a key that has ended in the meantime.
    if (wanted.access.ended()) {
      if (outcome.ok) await giveBack(target, outcome.messages);
      return unauthenticated();
    }
    // With an idempotency key, the client can repeat the call to get its messages; without, nobody can.
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
     * process, so that ending the call early does not refuse the job.
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
      // Other commands may run between the steps.
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

    /** Leases messages; a call with the idempotency key of a call under way first waits for that one. */
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

    /** Calls stop following their jobs after the current step. */
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
