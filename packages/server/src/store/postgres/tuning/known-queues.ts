import { monotonicMs } from '../../../core/clock.js';
import type { Command } from '../../../core/commands/commands.js';
import { worksOnMessages } from '../../../core/commands/settling-commands.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';

export interface KnownQueue {
  readonly queue: QueueEntry;
  /** The version of its row that was read. */
  readonly version: string;
}

/** A queue seen longer ago is read again: the connection may be dead, and the queue replaced. */
const KNOWN_MS = 1_000;
const KNOWN_MAX = 10_000;

interface Seen extends KnownQueue {
  readonly atMs: number;
}

/**
 * The queues that commit groups of this node have just worked on. The next commit group may assume that
 * they are unchanged, and begin at once instead of reading them first. Its transaction checks the
 * assumption (`checkBeginning`); if it is wrong, the commit group runs again and reads the queues.
 */
export class KnownQueues {
  private readonly byName = new Map<string, Seen>();
  private readonly byId = new Map<number, Seen>();

  /** Remembers the queues as a commit group has just seen them. */
  note(commands: readonly Command[], queues: readonly KnownQueue[]): void {
    if (!commands.every(worksOnMessages)) return;
    if (this.byId.size > KNOWN_MAX) this.forget();
    const atMs = monotonicMs();
    for (const { queue, version } of queues) {
      const seen = { queue, version, atMs };
      this.byName.set(keyOf(queue.project, queue.name), seen);
      this.byId.set(queue.id, seen);
    }
  }

  forget(): void {
    this.byName.clear();
    this.byId.clear();
  }

  /** The queues of these commands and their dead-letter queues; undefined if some must be read. */
  assume(commands: readonly Command[]): KnownQueue[] | undefined {
    if (this.byId.size === 0 || commands.length === 0) return undefined;
    const sinceMs = monotonicMs() - KNOWN_MS;
    const queues = new Set<KnownQueue>();
    for (const command of commands) {
      if (!worksOnMessages(command) || !('queue' in command)) return undefined;
      let seen = this.byName.get(keyOf(command.project, command.queue));
      for (;;) {
        if (seen === undefined || seen.atMs < sinceMs) return undefined;
        if (queues.has(seen)) break;
        queues.add(seen);
        const next = seen.queue.deadLetterQueueId;
        if (next === null) break;
        seen = this.byId.get(next);
      }
    }
    return [...queues];
  }
}

const keyOf = (project: string, name: string): string => `${project}\n${name}`;
