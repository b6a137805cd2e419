import type { Accepted, Command } from '#server/core/commands';
import type { QueueWithCounts } from '#server/core/store';
import type { Plan } from './plan.js';
import type { Trace } from './trace.js';

interface Lease {
  readonly receipt: string;
  expiresAtMs: number;
}

/**
 * Reads a trace the way its clients would and finds what no store may do, without the model: two
 * live receipts for a message, a receipt twice, a delivery after the ack, a message lost or doubled.
 */
export function brokenInvariants(plan: Plan, trace: Trace): string[] {
  const ledger = new Ledger();
  for (const [index, { nowMs, outcomes, queues }] of trace.entries()) {
    for (const [at, command] of (plan.groups[index]?.commands ?? []).entries()) {
      const outcome = outcomes[at];
      if (outcome?.ok) ledger.note(command, outcome as Accepted<Command['kind']>, nowMs);
    }
    ledger.balance(queues, index);
  }
  return ledger.broken;
}

class Ledger {
  readonly broken: string[] = [];
  private readonly published = new Set<string>();
  private readonly acked = new Set<string>();
  private readonly leases = new Map<string, Lease>();
  private readonly receipts = new Set<string>();
  private readonly deliveries = new Map<string, number>();

  note(command: Command, outcome: Accepted<Command['kind']>, nowMs: number): void {
    if (outcome.replayed) return;
    if ('messageIds' in outcome) for (const id of outcome.messageIds) this.published.add(id);
    if ('messages' in outcome) {
      for (const message of outcome.messages) this.deliver(message, nowMs);
    }
    if ('results' in outcome) {
      const entries = 'entries' in command ? command.entries : [];
      for (const [index, result] of outcome.results.entries()) {
        if (result.messageId !== entries[index]?.messageId) {
          this.broken.push(`result ${index} is not that of entry ${index}`);
        }
        if (!result.ok) continue;
        if ('acked' in result && result.acked) this.ack(result.messageId);
        if ('nacked' in result && result.nacked) this.leases.delete(result.messageId);
      }
    }
    if (command.kind === 'extend' && 'extended' in outcome && outcome.extended) {
      const lease = this.leases.get(command.messageId);
      if (outcome.leaseExpiresAtMs === null) this.leases.delete(command.messageId);
      else if (lease !== undefined) lease.expiresAtMs = outcome.leaseExpiresAtMs;
    }
  }

  private deliver(message: Accepted<'consume'>['messages'][number], nowMs: number): void {
    const { messageId, receipt, leaseExpiresAtMs, deliveryCount } = message;
    const lease = this.leases.get(messageId);
    if (lease !== undefined && lease.expiresAtMs > nowMs) {
      this.broken.push(`${messageId} has the live receipts ${lease.receipt} and ${receipt}`);
    }
    if (this.receipts.has(receipt)) this.broken.push(`the receipt ${receipt} was given twice`);
    if (this.acked.has(messageId)) this.broken.push(`${messageId} came back after its ack`);
    if (!this.published.has(messageId)) this.broken.push(`${messageId} was never published`);
    const before = this.deliveries.get(messageId) ?? 0;
    if (deliveryCount !== before + 1) {
      this.broken.push(`${messageId} says delivery ${deliveryCount} after ${before}`);
    }
    this.deliveries.set(messageId, deliveryCount);
    this.receipts.add(receipt);
    this.leases.set(messageId, { receipt, expiresAtMs: leaseExpiresAtMs });
  }

  private ack(messageId: string): void {
    if (this.acked.has(messageId)) this.broken.push(`${messageId} was acked twice`);
    this.acked.add(messageId);
    this.leases.delete(messageId);
  }

  /** Every message that was not acked is in one state of one queue. */
  balance(queues: readonly QueueWithCounts[], index: number): void {
    let kept = 0;
    for (const { queue, counts } of queues) {
      kept += counts.available + counts.inFlight + counts.delayed;
      // Dead letters in a named queue are counted there already.
      if (queue.deadLetterQueue === null) kept += counts.dlq;
    }
    const left = this.published.size - this.acked.size;
    if (kept !== left) {
      this.broken.push(`after group ${index}, ${kept} messages are counted and ${left} are left`);
    }
  }
}
