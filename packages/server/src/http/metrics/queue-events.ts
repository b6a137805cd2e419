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

type Counted = Omit<QueueTally, 'queueId'>;

/** The series of a queue appear with its first event, all of them together. */
const FAMILY: QueueFamily<Counted> = {
  name: 'millrace_queue_events_total',
  type: 'counter',
  help: `${HELP} Only events caused by this node.`,
  samples: ({ counts }) =>
    EVENTS.map(([event, count]) => [`,event="${event}"`, count(counts)] as const),
};

/**
 * Counts the events that commands of this node caused, as the store reports them about once a second. The
 * series of a queue outlive it, since a counter must not go back. So one project could use up the room for
 * series by making and deleting queues; a project that has fewer of them takes its room back.
 */
export class QueueEvents {
  /** The queues of a project in the order in which something happened in them last. */
  private readonly byProject = new Map<string, Map<string, Counted>>();
  private size = 0;
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
    // For these, room is not looked for again, since that takes time.
    const withoutRoom = new Set<string>();
    for (const { project, queue, counts } of tallies) {
      addTally(sum, counts);
      const known = this.countsOf(project, queue, withoutRoom);
      if (known !== undefined) addTally(known, counts);
    }
    for (const [event, count] of EVENTS) this.total.inc({ event }, count(sum));
  };

  text(): Promise<string> {
    const rows = [...this.byProject.values()].flatMap((queues) => [...queues.values()]);
    return familyText(FAMILY, rows);
  }

  private countsOf(project: string, queue: string, withoutRoom: Set<string>): Tally | undefined {
    const queues = this.byProject.get(project) ?? new Map<string, Counted>();
    const known = queues.get(queue);
    if (known === undefined) {
      if (this.size >= QUEUES_MAX && (withoutRoom.has(project) || !this.makeRoomFor(queues))) {
        withoutRoom.add(project);
        return undefined;
      }
      this.size += 1;
    }
    const counted = known ?? { project, queue, counts: emptyTally() };
    queues.delete(queue);
    queues.set(queue, counted);
    this.byProject.set(project, queues);
    return counted.counts;
  }

  /** Ends the series of the project that has the most, unless this project would then have as many. */
  private makeRoomFor(queues: ReadonlyMap<string, Counted>): boolean {
    let most: Map<string, Counted> | undefined;
    for (const others of this.byProject.values()) {
      if (others.size > (most?.size ?? queues.size + 1)) most = others;
    }
    const [longestAgo] = most?.keys() ?? [];
    if (most === undefined || longestAgo === undefined) return false;
    most.delete(longestAgo);
    this.size -= 1;
    return true;
  }
}
