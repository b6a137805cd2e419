import type {
  Command,
  DeadLetterJobCommand,
  DeliveryRef,
  ExtendCommand,
  NackEntry,
  NewMessage,
  Outcome,
} from '../commands/commands.js';
import type { SubscribePushCommand } from '../commands/push-commands.js';
import type { GroupCommit } from '../commit-groups/group-commit.js';
import type { ConsumerBook } from '../consumers/consumer-book.js';
import type { Fault } from '../fault.js';
import type { IdSource } from '../ids.js';
import type { Access } from '../keys/caller.js';
import { jobInterrupted } from '../refusal.js';
import type { Store } from '../store/store.js';
import { type ConsumeOptions, Consuming, type Target } from './consuming.js';
import type { LongPolls } from './long-poll.js';

export interface QueueServiceOptions {
  readonly autoCreate: boolean;
  /** Called when a redrive or purge was started that no call on this node continues. */
  jobInterrupted(): void;
}

/**
 * The calls of a queue, expressed as commands. It supplies ids, waits on behalf of consumers, and
 * returns messages whose consumer has gone. It knows neither HTTP nor the internals of a store.
 */
export class QueueService {
  private readonly consuming: Consuming;
  private isStopping = false;

  constructor(
    store: Store,
    private readonly commit: GroupCommit,
    longPolls: LongPolls,
    consumers: ConsumerBook,
    private readonly ids: IdSource,
    private readonly options: QueueServiceOptions,
  ) {
    this.consuming = new Consuming(store, commit, longPolls, consumers, ids, options.autoCreate);
  }

  submit<C extends Command>(command: C, access: Access): Promise<Outcome<C['kind']>> {
    return this.commit.submit(command, access);
  }

  /** Publishes all of the messages or none. */
  publish(
    target: Target,
    messages: readonly Omit<NewMessage, 'messageId'>[],
    batch: boolean,
    access: Access,
  ): Promise<Outcome<'publish'>> {
    return this.commit.submit(
      {
        kind: 'publish',
        project: target.project,
        queue: target.queue,
        idempotency: target.idempotency,
        autoCreate: this.options.autoCreate,
        batch,
        messages: messages.map((message) => ({ messageId: this.ids.uuid(), ...message })),
      },
      access,
    );
  }

  subscribePush(
    target: Target,
    wanted: Pick<SubscribePushCommand, 'settings' | 'forms'>,
    access: Access,
  ): Promise<Outcome<'subscribePush'>> {
    const subscriptionId = this.ids.uuid();
    return this.commit.submit(
      {
        kind: 'subscribePush',
        ...target,
        autoCreate: this.options.autoCreate,
        subscriptionId,
        ...wanted,
      },
      access,
    );
  }

  /**
   * Redrives or purges dead letters. The job that it starts or joins outlives this call and this
   * process, so ending the call early does not stop the job.
   */
  async deadLetters(
    target: Target,
    wanted: Pick<DeadLetterJobCommand, 'action' | 'messageId' | 'sinceMs' | 'maxMessages'>,
    access: Access,
  ): Promise<Outcome<'deadLetterJob'>> {
    const started = await this.commit.submit<DeadLetterJobCommand>(
      { kind: 'deadLetterJob', ...target, ...wanted, jobId: this.ids.uuid() },
      access,
    );
    if (!started.ok) {
      if (started.code === 'OUTCOME_UNKNOWN') this.options.jobInterrupted();
      return started;
    }
    const { jobId } = started;
    if (jobId === null || started.finished) return started;
    let fault: Fault | undefined;
    // Other commands may run between the steps.
    while (!this.isStopping) {
      const step = await this.commit.submit({ kind: 'stepJob', jobId });
      if (step.ok && step.finished) return { ...started, done: step.done, finished: true };
      if (step.ok) continue;
      fault = step.fault;
      break;
    }
    this.options.jobInterrupted();
    return jobInterrupted(wanted.action, fault);
  }

  consume(target: Target, wanted: ConsumeOptions): Promise<Outcome<'consume'>> {
    return this.consuming.consume(target, wanted);
  }

  ack(
    target: Target,
    entries: readonly DeliveryRef[],
    batch: boolean,
    access: Access,
  ): Promise<Outcome<'ack'>> {
    return this.commit.submit({ kind: 'ack', ...target, batch, entries }, access);
  }

  nack(
    target: Target,
    entries: readonly NackEntry[],
    batch: boolean,
    access: Access,
  ): Promise<Outcome<'nack'>> {
    return this.commit.submit({ kind: 'nack', ...target, batch, entries }, access);
  }

  extend(
    target: Target,
    extension: Pick<ExtendCommand, 'messageId' | 'receipt' | 'visibilityTimeoutMs'>,
    access: Access,
  ): Promise<Outcome<'extend'>> {
    return this.commit.submit({ kind: 'extend', ...target, ...extension }, access);
  }

  /** Calls stop following their jobs after the current step. */
  stop(): void {
    this.isStopping = true;
  }
}
