import type { Clock } from '#server/core/clock';
import type { Command, DeleteQueueCommand, Outcome } from '#server/core/commands/commands';
import { type FifoFaultName, isFifoFault, sabotageFifo } from './planted-fifo-faults.js';
import { findQueue, takePlace } from './store/model-state.js';
import { ModelStore } from './store/model-store.js';

export type FaultName =
  | FifoFaultName
  | 'an older receipt is accepted'
  | 'a retried message goes to the tail'
  | 'an expired lease counts no failure'
  | 'an expired lease counts as a nack'
  | 'a replayed delete removes a queue created again'
  | 'a redriven message keeps its delivery count'
  | 'a replay is applied again'
  | 'a purge leaves leased messages'
  | 'a redriven message keeps its seq'
  | 'a dead letter keeps its old retention'
  | 'a redriven message forgets its earlier source queues';

/**
 * A model that is wrong in one way, to show that the comparison would find the fault in a real store.
 */
export class FaultyModel extends ModelStore {
  constructor(
    clock: Clock,
    private readonly fault: FaultName,
  ) {
    super(clock);
  }

  override applyNow(group: readonly Command[]): Outcome[] {
    return group.flatMap((command) => this.applyWrongly(command));
  }

  private applyWrongly(command: Command): Outcome[] {
    if (isFifoFault(this.fault)) {
      return sabotageFifo(this.fault, this.state, command, () => super.applyNow([command]));
    }
    switch (this.fault) {
      case 'an older receipt is accepted':
        return super.applyNow([acceptAnyReceipt(command)]);
      case 'a retried message goes to the tail': {
        const outcomes = super.applyNow([command]);
        for (const messageId of requeuedBy(outcomes)) {
          const message = this.state.messages.find((other) => other.messageId === messageId);
          if (message !== undefined) message.place = takePlace(this.state);
        }
        return outcomes;
      }
      case 'an expired lease counts no failure': {
        const leased = this.state.messages.filter(({ state }) => state === 'leased');
        const outcomes = super.applyNow([command]);
        for (const message of leased) if (message.leaseEnd === 'expired') message.expiredLeases = 0;
        return outcomes;
      }
      case 'an expired lease counts as a nack': {
        const leased = this.state.messages
          .filter(({ state }) => state === 'leased')
          .map((message) => ({ message, before: message.expiredLeases }));
        const outcomes = super.applyNow([command]);
        for (const { message, before } of leased) {
          message.nacks += Math.max(0, message.expiredLeases - before);
          message.expiredLeases = Math.min(message.expiredLeases, before);
        }
        return outcomes;
      }
      case 'a replayed delete removes a queue created again':
        if (command.kind === 'deleteQueue') this.forgetDeletesOf(command);
        return super.applyNow([command]);
      case 'a redriven message keeps its delivery count': {
        const counts = new Map(this.state.messages.map((it) => [it, it.deliveryCount]));
        const outcomes = super.applyNow([command]);
        if (command.kind === 'deadLetterJob') {
          for (const [message, count] of counts) message.deliveryCount = count;
        }
        return outcomes;
      }
      case 'a purge leaves leased messages': {
        const leased = this.state.messages.filter(({ state }) => state === 'leased');
        const outcomes = super.applyNow([command]);
        if (command.kind === 'purgeQueue') {
          const lost = leased.filter((message) => !this.state.messages.includes(message));
          this.state.messages.push(...lost);
        }
        return outcomes;
      }
      case 'a redriven message keeps its seq': {
        const places = new Map(this.state.messages.map((message) => [message, message.place]));
        const outcomes = super.applyNow([command]);
        if (command.kind === 'deadLetterJob') {
          for (const message of this.state.messages) {
            message.place = places.get(message) ?? message.place;
          }
        }
        return outcomes;
      }
      case 'a dead letter keeps its old retention': {
        const before = new Map(
          this.state.messages.map((message) => [message, message.firstAvailableAtMs]),
        );
        const outcomes = super.applyNow([command]);
        for (const message of this.state.messages) {
          if (message.source === null) continue;
          message.firstAvailableAtMs = before.get(message) ?? message.firstAvailableAtMs;
        }
        return outcomes;
      }
      case 'a redriven message forgets its earlier source queues':
        for (const message of this.state.messages) message.earlier = [];
        return super.applyNow([command]);
      case 'a replay is applied again':
        return super.applyNow([{ ...command, idempotency: null } as Command]);
    }
  }

  private forgetDeletesOf({ project, queue }: DeleteQueueCommand): void {
    if (findQueue(this.state, project, queue) === undefined) return;
    const scope = JSON.stringify([project, 'queue.delete', queue]).slice(0, -1);
    this.state.records = this.state.records.filter((record) => !record.scope.startsWith(scope));
  }
}

function acceptAnyReceipt(command: Command): Command {
  if (command.kind !== 'ack') return command;
  const entries = command.entries.map(({ messageId }) => ({ messageId, receipt: null }));
  return { ...command, entries };
}

const requeuedBy = (outcomes: readonly Outcome[]): string[] =>
  outcomes
    .flatMap((outcome) => (outcome.ok && 'results' in outcome ? [...outcome.results] : []))
    .flatMap((result) => ('requeued' in result && result.requeued ? [result.messageId] : []));
