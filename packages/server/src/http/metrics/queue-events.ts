import { Counter, type Registry } from 'prom-client';
import type { QueueTally, Tally } from '../../core/store/tallies.js';

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

type Events = readonly { inc(by: number): void }[];

const HELP =
  'Messages by event: published, delivered, acked, nacked (failed pushes included), lease_expired, dead_lettered, redriven, or expired (past their retention).';

/**
 * Counts the events that commands of this node caused, as the store reports them about once a second. The
 * series of a queue outlive it, since a counter must not go back.
 */
export class QueueEvents {
  private readonly counter: Counter;
  private readonly total: Events;
  private readonly byQueue = new Map<string, Events>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.counter = new Counter({
      name: 'millrace_queue_events_total',
      help: `${HELP} Only events caused by this node.`,
      labelNames: ['project', 'queue', 'event'],
      registers,
    });
    const total = new Counter({
      name: 'millrace_events_total',
      help: `${HELP} Only events caused by this node, in all queues.`,
      labelNames: ['event'],
      registers,
    });
    this.total = EVENTS.map(([event]) => startingAtZero(total.labels(event)));
  }

  readonly tallied = (tallies: readonly QueueTally[]): void => {
    for (const { project, queue, counts } of tallies) {
      const events = this.eventsOf(project, queue);
      for (const [index, [, count]] of EVENTS.entries()) {
        const happened = count(counts);
        if (happened === 0) continue;
        this.total[index]?.inc(happened);
        events?.[index]?.inc(happened);
      }
    }
  };

  /** All of them start at 0, so that the first event shows as an increase. */
  private eventsOf(project: string, queue: string): Events | undefined {
    const key = `${project}\n${queue}`;
    let events = this.byQueue.get(key);
    if (events === undefined && this.byQueue.size < QUEUES_MAX) {
      events = EVENTS.map(([event]) => startingAtZero(this.counter.labels(project, queue, event)));
      this.byQueue.set(key, events);
    }
    return events;
  }
}

function startingAtZero(counter: Counter.Internal): Counter.Internal {
  counter.inc(0);
  return counter;
}
