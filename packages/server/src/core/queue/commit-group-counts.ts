import { DeadLetterReport } from '../dead-letters/dead-letter-report.js';
import type { ReadyQueue } from '../store/store.js';
import { emptyTally, type QueueTally, type TallyKind } from '../store/tallies.js';
import { CommitGroupShare } from './commit-group-share.js';
import type { DeadLetterReason } from './message-state.js';
import type { QueueEntry } from './queue-entry.js';

/** By how many the dead letters from a source in a bucket have increased, or decreased. */
export interface DeadCount {
  readonly sourceQueueId: number;
  readonly bucketId: number;
  readonly change: number;
}

/**
 * The counts that both stores keep while a commit group runs; the transaction of each store extends it.
 */
export class CommitGroupCounts {
  /** Counts for histories and metrics, by queue id. */
  private readonly tallied = new Map<number, QueueTally>();
  readonly deadLetters = new DeadLetterReport();
  /** What consumes may take in this commit group. */
  readonly share = new CommitGroupShare();
  /** The number of answers and deduplication ids that the commit group has recorded. */
  remembered = 0;
  private readonly deadCounts = new Map<string, DeadCount>();
  private readonly ready = new Map<number, { queue: QueueEntry; messages: number }>();

  tally(queue: QueueEntry, kind: TallyKind, messages: number): void {
    let tally = this.tallied.get(queue.id);
    if (tally === undefined) {
      const { id: queueId, project, name } = queue;
      tally = { queueId, project, queue: name, counts: emptyTally() };
      this.tallied.set(queueId, tally);
    }
    tally.counts[kind] += messages;
  }

  tallies(): Iterable<QueueTally> {
    return this.tallied.values();
  }

  deadLettered(queue: QueueEntry, reason: DeadLetterReason, messageId: string): void {
    this.deadLetters.add(queue, reason, messageId);
  }

  countDead(sourceQueueId: number, bucketId: number, change: number): void {
    const key = `${sourceQueueId} ${bucketId}`;
    const before = this.deadCounts.get(key)?.change ?? 0;
    this.deadCounts.set(key, { sourceQueueId, bucketId, change: before + change });
  }

  /** The changes to write, in the same order on every node; counting then starts again from zero. */
  protected takeDeadCounts(): DeadCount[] {
    const counts = [...this.deadCounts.values()].filter(({ change }) => change !== 0);
    this.deadCounts.clear();
    return counts.sort((a, b) => a.sourceQueueId - b.sourceQueueId || a.bucketId - b.bucketId);
  }

  markReady(queue: QueueEntry, messages: number): void {
    const ready = this.ready.get(queue.id);
    if (ready === undefined) this.ready.set(queue.id, { queue, messages });
    else ready.messages += messages;
  }

  readyQueues(): ReadyQueue[] {
    return [...this.ready.values()].map(({ queue, messages }) => ({
      project: queue.project,
      queue: queue.name,
      messages,
    }));
  }
}
