import { Counter, type Registry } from 'prom-client';
import { addTally, emptyTally, type QueueTally, type Tally } from '../../core/store/tallies.js';
import { familyText, type QueueFamily } from './queue-families.js';

/** The most queues with series of their own; events in others are only in the total of the node. */
const QUEUES_MAX = 10_000;

/** What happened to messages, by the names that the metrics give it. */
const EVENTS: readonly (readonly [event: string, count: (tally: Tally) => number])[] = [
  ['published', (tally) => tally.published],
  ['delivered', (tally) => tally.delivered],
  ['acked', (tally) => tally.acked],
  ['nacked', (tally) => tally.failed - tally.expiredLeases],
  ['lease_expired', (tally) => tally.expiredLeases],
  ['dead_lettered', (tally) => tally.deadLettered],
  ['redriven', (tally) => tally.redriven],
  ['expired', (tally) => tally.expiredByRetention],
];

const HELP =
  'Messages by event: published, delivered, acked, nacked (failed pushes included), lease_expired, dead_lettered, redriven, or expired (past their retention).';

/** All events begin at 0, so that the first one shows as an increase. */
const FAMILY: QueueFamily<Omit<QueueTally, 'queueId'>> = {
  name: 'millrace_queue_events_total',
  type: 'counter',
  help: `${HELP} Only events caused by this node.`,
  samples: ({ counts }) =>
    EVENTS.map(([event, count]) => [`,event="${event}"`, count(counts)] as const),
};

/**
 * Counts the events that commands of this node caused, as the store reports them about once a second. The
 * series of a queue outlive it, since a counter must not go back.
 */
export class QueueEvents {
  private readonly byQueue = new Map<string, Omit<QueueTally, 'queueId'>>();
  private readonly total: Counter;

  constructor(registry: Registry) {
    this.total = new Counter({
      name: 'millrace_events_total',
      help: `${HELP} Only events caused by this node, in all queues.`,
      labelNames: ['event'],
      registers: [registry],
    });
    for (const [event] of EVENTS) this.total.inc({ event }, 0);
  }

  readonly tallied = (tallies: readonly QueueTally[]): void => {
    const sum = emptyTally();
    for (const { project, queue, counts } of tallies) {
      addTally(sum, counts);
      const known = this.countsOf(project, queue);
      if (known !== undefined) addTally(known, counts);
    }
    for (const [event, count] of EVENTS) this.total.inc({ event }, count(sum));
  };

  text(): Promise<string> {
    return familyText(FAMILY, [...this.byQueue.values()]);
  }

  private countsOf(project: string, queue: string): Tally | undefined {
    const key = `${project}\n${queue}`;
    let known = this.byQueue.get(key);
    if (known === undefined) {
      if (this.byQueue.size >= QUEUES_MAX) return undefined;
      known = { project, queue, counts: emptyTally() };
      this.byQueue.set(key, known);
    }
    return known.counts;
  }
}
