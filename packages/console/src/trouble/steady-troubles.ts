import type { WatchedQueue } from '../api/watched-queue.js';
import { bySeverity, rankOf, type Trouble, troublesOf } from './trouble.js';

/** So long a trouble stays after it was last seen, unless what it is about is gone. */
const STAYS_MS = 60_000;

interface Seen {
  readonly trouble: Trouble;
  readonly atMs: number;
}

/**
 * The troubles of queues, remembered from one reading to the next. The counts of the last minute go up and
 * down, and a queue whose troubles came and went with them would jump about in a list that they order.
 */
export class SteadyTroubles {
  private readonly seen = new Map<string, readonly Seen[]>();

  /** What is wrong with a queue, the worst first. The same reading may be judged twice. */
  of(queue: WatchedQueue, nowMs: number): readonly Trouble[] {
    const found = troublesOf(queue, nowMs).map((trouble) => ({ trouble, atMs: nowMs }));
    const before = (this.seen.get(queue.queue) ?? []).filter(
      ({ trouble, atMs }) => nowMs - atMs < STAYS_MS && !isOver(trouble, queue),
    );
    const kept = before.filter(({ trouble }) => !found.some(replaces(trouble)));
    const now = [...found.filter(({ trouble }) => !kept.some(replaces(trouble))), ...kept];
    if (now.length === 0) this.seen.delete(queue.queue);
    else this.seen.set(queue.queue, now);
    return now.map(({ trouble }) => trouble).sort(bySeverity);
  }
}

/** Of two troubles about the same, the worse one stays. */
const replaces =
  (trouble: Trouble) =>
  (other: Seen): boolean =>
    other.trouble.topic === trouble.topic &&
    rankOf(other.trouble.severity) <= rankOf(trouble.severity);

/** Whether nothing is left of what the trouble is about, whatever the last minute was like. */
function isOver({ topic }: Trouble, { stats }: WatchedQueue): boolean {
  switch (topic) {
    case 'dead-letters':
      return stats.dlq === 0;
    case 'waiting':
      return stats.available === 0;
    default:
      return stats.available + stats.inFlight + stats.delayed === 0;
  }
}
