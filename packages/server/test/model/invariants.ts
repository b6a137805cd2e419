import type { Accepted, Command } from '#server/core/commands/commands';
import type { QueueWithCounts } from '#server/core/store/store';
import type { Plan } from './plan.js';
import type { Trace } from './trace.js';

interface Lease {
  readonly receipt: string;
  expiresAtMs: number;
  /** In a FIFO queue an earlier message may have been requeued; the ledger checker covers that. */
  readonly mayBeWithdrawn: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Reads a trace as its clients would, and finds violations that no store may have, without the model:
 * two live receipts for a message, a receipt used twice, a delivery after the ack, a lost or duplicated
 * message.
 */
export function brokenInvariants(plan: Plan, trace: Trace): string[] {
  const ledger = new Ledger();
  for (const [index, { nowMs, outcomes, queues }] of trace.entries()) {
    for (const [at, command] of (plan.groups[index]?.commands ?? []).entries()) {
      const outcome = outcomes[at];
      if (outcome?.ok) ledger.note(command, outcome as Accepted<Command['kind']>, nowMs);
    }
    if (nowMs - plan.startMs >= DAY_MS) ledger.mayLose = true;
    ledger.balance(queues, index);
  }
  return ledger.broken;
}

const nameOf = ({ project, queue }: { project: string; queue: string }): string =>
  `${project} ${queue}`;

class Ledger {
  readonly broken: string[] = [];
  /** A deletion removed an unknown number of messages, or a retention may have. */
  mayLose = false;
  /** Dead letters may be stored elsewhere than in the queue's present dead-letter queue. */
  private moved = false;
  private removed = 0;
  /** Names of queues that have ever been FIFO queues. */
  private readonly fifoQueues = new Set<string>();
  private readonly published = new Set<string>();
  private readonly acked = new Set<string>();
  private readonly leases = new Map<string, Lease>();
  private readonly receipts = new Set<string>();
  private readonly deliveries = new Map<string, number>();
  /** Messages whose deliveries may count from 0 again. */
  private mayBeRedriven = new Set<string>();

  note(command: Command, outcome: Accepted<Command['kind']>, nowMs: number): void {
    if (outcome.replayed) return;
    if (command.kind === 'createQueue' && 'queue' in outcome && outcome.queue.type === 'fifo') {
      this.fifoQueues.add(nameOf(command));
    }
    if ('messageIds' in outcome) for (const id of outcome.messageIds) this.published.add(id);
    if ('messages' in outcome) {
      const isFifo = 'queue' in command && this.fifoQueues.has(nameOf(command));
      for (const message of outcome.messages) this.deliver(message, nowMs, isFifo);
    }
    if ('results' in outcome) {
      const entries = 'entries' in command ? command.entries : [];
      for (const [index, result] of outcome.results.entries()) {
        if (result.messageId !== entries[index]?.messageId) {
          this.broken.push(`result ${index} does not belong to entry ${index}`);
        }
        if (!result.ok) continue;
        if ('acked' in result && result.acked) this.ack(result.messageId);
        if ('nacked' in result && result.nacked) this.leases.delete(result.messageId);
      }
    }
    this.noteRemoval(command, outcome);
    if (command.kind === 'extend' && 'extended' in outcome && outcome.extended) {
      const lease = this.leases.get(command.messageId);
      if (outcome.leaseExpiresAtMs === null) this.leases.delete(command.messageId);
      else if (lease !== undefined) lease.expiresAtMs = outcome.leaseExpiresAtMs;
    }
  }

  private noteRemoval(command: Command, outcome: Accepted<Command['kind']>): void {
    const redrives = command.kind === 'deadLetterJob' && command.action === 'redrive';
    if ((redrives || command.kind === 'stepJob') && 'done' in outcome && outcome.done > 0) {
      this.mayBeRedriven = new Set(this.deliveries.keys());
    }
    if ('purged' in outcome) this.removed += outcome.purged;
    if (command.kind === 'deadLetterJob' && command.action === 'purge' && 'done' in outcome) {
      this.removed += outcome.done;
    }
    if ('deleted' in outcome && outcome.deleted) this.mayLose = true;
    if (command.kind === 'updateQueue') this.moved = true;
  }

  private deliver(
    message: Accepted<'consume'>['messages'][number],
    nowMs: number,
    mayBeWithdrawn: boolean,
  ): void {
    const { messageId, receipt, leaseExpiresAtMs, deliveryCount } = message;
    const lease = this.leases.get(messageId);
    if (lease !== undefined && lease.expiresAtMs > nowMs && !lease.mayBeWithdrawn) {
      this.broken.push(`${messageId} has the live receipts ${lease.receipt} and ${receipt}`);
    }
    if (this.receipts.has(receipt)) this.broken.push(`the receipt ${receipt} was used twice`);
    if (this.acked.has(messageId)) this.broken.push(`${messageId} was delivered after its ack`);
    if (!this.published.has(messageId)) this.broken.push(`${messageId} was never published`);
    const before = this.deliveries.get(messageId) ?? 0;
    const isRedriven = deliveryCount === 1 && this.mayBeRedriven.delete(messageId);
    if (deliveryCount !== before + 1 && !isRedriven) {
      this.broken.push(`${messageId} has delivery count ${deliveryCount} after ${before}`);
    }
    this.deliveries.set(messageId, deliveryCount);
    this.receipts.add(receipt);
    this.leases.set(messageId, { receipt, expiresAtMs: leaseExpiresAtMs, mayBeWithdrawn });
  }

  private ack(messageId: string): void {
    if (this.acked.has(messageId)) this.broken.push(`${messageId} was acked twice`);
    this.acked.add(messageId);
    this.leases.delete(messageId);
  }

  /** Every message that was not acked or removed is in one state of one queue. */
  balance(queues: readonly QueueWithCounts[], index: number): void {
    let live = 0;
    let kept = 0;
    let dead = 0;
    for (const { queue, counts } of queues) {
      live += counts.available + counts.inFlight + counts.delayed;
      dead += counts.dlq;
      // Dead letters in a named queue are already counted there.
      if (queue.deadLetterQueue === null) kept += counts.dlq;
    }
    const left = this.published.size - this.acked.size - this.removed;
    const isLost = this.mayLose ? false : this.moved ? live + dead < left : live + kept < left;
    const isDoubled = this.mayLose || this.moved ? live > left : live + kept > left;
    if (isLost || isDoubled) {
      this.broken.push(
        `after group ${index}, ${live} live and ${dead} dead messages are counted, instead of ${left} in total`,
      );
    }
  }
}
