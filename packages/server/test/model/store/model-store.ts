import type { Clock } from '#server/core/clock';
import type { Command, Outcome, OutcomeOf } from '#server/core/commands/commands';
import { type Refusal, refuse } from '#server/core/refusal';
import type { Query, QueryKind, ReadResult, Store, StoreListener } from '#server/core/store/store';
import { deadLetterJob, expire, retentionTimes } from './model-dead-letters.js';
import { consume, publish } from './model-delivery.js';
import { settleEverythingDue } from './model-failures.js';
import { windowEnds } from './model-fifo.js';
import { underIdempotencyKey } from './model-idempotency.js';
import {
  createKey,
  createQueue,
  deleteQueue,
  insertQueue,
  purgeQueue,
  revokeKey,
  updateQueue,
} from './model-queues.js';
import { answerQuery } from './model-reads.js';
import { ack, extend, nack } from './model-settling.js';
import { emptyState, findQueue, type ModelQueue } from './model-state.js';

/**
 * The oracle: a store written plainly from the contract, which shares no decision with the real ones.
 * Only the codes of its refusals matter.
 */
export class ModelStore implements Store {
  readonly commitGroupsUnderWayMax = 1;
  readonly aheadMin = 1;
  readonly safetyPollMs = null;
  readonly state = emptyState();
  private listener: StoreListener | undefined;

  constructor(readonly clock: Clock) {}

  async apply(group: readonly Command[]): Promise<Outcome[]> {
    return this.applyNow(group);
  }

  applyNow(group: readonly Command[]): Outcome[] {
    const nowMs = this.clock.nowMs();
    settleEverythingDue(this.state, nowMs);
    const outcomes = group.map((command) => structuredClone(this.applyOne(command, nowMs)));
    this.listener?.nextDue(this.dueTimes()[0] ?? null);
    return outcomes;
  }

  async read<K extends QueryKind>(query: Query<K>): Promise<ReadResult[K]> {
    return answerQuery(this.state, query);
  }

  listen(listener: StoreListener): void {
    this.listener = listener;
  }

  expectReady(): void {}

  async whyPublishingStops(): Promise<null> {
    return null;
  }

  async space(): Promise<null> {
    return null;
  }

  async stop(): Promise<void> {}

  /** The times at which leases and delays end, in order. */
  dueTimes(): number[] {
    return this.state.messages
      .flatMap(({ dueAtMs }) => (dueAtMs === null ? [] : [dueAtMs]))
      .sort((a, b) => a - b);
  }

  /** The times at which messages will be past their retention, in order. */
  retentionTimes(): number[] {
    return retentionTimes(this.state);
  }

  /** The times at which deduplication windows end, in order. */
  windowEnds(): number[] {
    return windowEnds(this.state);
  }

  private applyOne(command: Command, nowMs: number): Outcome {
    const { state } = this;
    switch (command.kind) {
      case 'settleDue':
        return accept({ settled: 0 });
      case 'sweepDiscarded':
        return accept({ more: false, looksAgain: false });
      case 'expire':
        return accept(expire(state, command, nowMs));
      case 'stepJob':
        return accept(state.jobs.get(command.jobId) ?? { done: 0, finished: true });
      case 'subscribePush':
      case 'unsubscribePush':
      case 'pausePush':
      case 'sealPush':
      case 'recordPushes':
      case 'recordAudit':
      case 'recordKeyUse':
      case 'recordConsumers':
        throw new Error(`${command.kind} is not part of the model`);
    }
    let queue: ModelQueue | undefined;
    const { kind } = command;
    if ('queue' in command && kind !== 'createQueue' && kind !== 'deleteQueue') {
      const { project, queue: name } = command;
      queue = findQueue(state, project, name);
      if (queue === undefined) {
        if (!('autoCreate' in command && command.autoCreate)) {
          return refuse('QUEUE_NOT_FOUND', 'of the model');
        }
        queue = insertQueue(state, project, name, {}, nowMs);
      }
    }
    return underIdempotencyKey(state, command, queue, nowMs, () => {
      const found = queue as ModelQueue;
      switch (command.kind) {
        case 'createQueue':
          return accept(createQueue(state, command, nowMs));
        case 'publish':
          return accept(publish(state, found, command, nowMs));
        case 'consume':
          return accept(consume(state, found, command, nowMs));
        case 'ack':
          return accept(ack(state, found, command));
        case 'nack':
          return accept(nack(state, found, command, nowMs));
        case 'extend':
          return accept(extend(state, found, command, nowMs));
        case 'updateQueue':
          return accept(updateQueue(state, found, command, nowMs));
        case 'deleteQueue':
          return accept(deleteQueue(state, command));
        case 'purgeQueue':
          return accept(purgeQueue(state, found, command));
        case 'deadLetterJob':
          return accept(deadLetterJob(state, found, command, nowMs));
        case 'createKey':
          return accept(createKey(state, command, nowMs));
        case 'revokeKey':
          return accept(revokeKey(state, command, nowMs));
      }
    });
  }
}

function accept(result: OutcomeOf[Command['kind']] | Refusal): Outcome {
  if ('code' in result) return result;
  return { ok: true, replayed: false, ...result } as Outcome;
}
