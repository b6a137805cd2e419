import { monotonicMs } from '../../core/clock.js';
import type { Command } from '../../core/commands.js';
import type { QueueEntry } from '../../core/transaction.js';

/** What was seen longer ago is read again: the connection may be dead, and the queue another one. */
const KNOWN_MS = 1_000;
const KNOWN_MAX = 10_000;

/**
 * The queues that groups of this node have just published to. A group of publishes may assume that
 * they are as they were, and send all that it does at once instead of reading them first. That this
 * is so is checked in its transaction (`runs/insert-messages.ts`): if not, it runs again and reads.
 */
export class KnownQueues {
  private readonly seen = new Map<string, { queue: QueueEntry; atMs: number }>();

  /** The queues were as they are here, a moment ago. */
  note(queues: readonly QueueEntry[]): void {
    if (this.seen.size > KNOWN_MAX) this.seen.clear();
    const atMs = monotonicMs();
    for (const queue of queues) {
      this.seen.set(keyOf(queue.project, queue.name), { queue: { ...queue }, atMs });
    }
  }

  forget(): void {
    this.seen.clear();
  }

  /** The queues of these commands, if nothing else has to be read before these are decided on. */
  assume(commands: readonly Command[]): QueueEntry[] | undefined {
    if (this.seen.size === 0) return undefined;
    const sinceMs = monotonicMs() - KNOWN_MS;
    const queues = new Set<QueueEntry>();
    for (const command of commands) {
      if (command.kind !== 'publish' || command.idempotency !== null) return undefined;
      const known = this.seen.get(keyOf(command.project, command.queue));
      if (known === undefined || known.atMs < sinceMs) return undefined;
      if (known.queue.type !== 'standard') return undefined;
      queues.add(known.queue);
    }
    return queues.size === 0 ? undefined : [...queues];
  }
}

const keyOf = (project: string, name: string): string => `${project}\n${name}`;
