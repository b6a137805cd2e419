import type { Clock } from '../clock.js';
import type { NodeConsumers } from '../store/queue-consumers.js';

/**
 * Bounds the memory. A project may have as many queues in the book as it leaves room for; of others,
 * fetches are not noted until there is room again.
 */
const QUEUES_MAX = 65_536;
/** How often the consumers of one queue are recorded, and so how exact other nodes know them. */
const RECORDED_EVERY_MS = 8_000;

/**
 * The consumers of this node: who waits for messages, and who looked for some last. A worker that pushes
 * to a subscription is not a consumer here, since it says nothing about whether anybody fetches.
 *
 * A queue stays in the book as long as something has to be recorded.
 */
export class ConsumerBook {
  /** The queues of each project; both in the order in which they were last recorded. */
  private readonly projects = new Map<string, Map<string, Entry>>();
  private size = 0;
  private noted = (): void => undefined;

  constructor(private readonly clock: Clock) {}

  /** @param noted called when there is something to record */
  onNoted(noted: () => void): void {
    this.noted = noted;
  }

  /** A consume looked for messages of this queue, which exists. */
  fetched(project: string, queue: string, keyId: string | null): void {
    const entry = this.entryOf(project, queue);
    if (entry !== undefined) this.note(entry, keyId, 0);
  }

  /** A consume found no message and waits for one. @returns a function to call when the wait is over */
  waits(project: string, queue: string, keyId: string | null): () => void {
    const entry = this.entryOf(project, queue);
    if (entry === undefined) return () => undefined;
    this.note(entry, keyId, 1);
    return () => this.note(entry, keyId, -1);
  }

  of(project: string, queue: string): NodeConsumers | undefined {
    return this.projects.get(project)?.get(queue);
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /**
   * The next queues to record, from the projects in turn, those first that were not recorded for the
   * longest time: changed ones, and those where consumers wait, since a record of waits counts only for a
   * while.
   *
   * @param all also those that were recorded a moment ago
   */
  takeDue(limit: number, all = false): Due[] {
    const due: Entry[] = [];
    let turns = [...this.projects.values()].map((queues) => this.dueOf(queues, all));
    while (turns.length > 0 && due.length < limit) {
      turns = turns.filter((turn) => {
        const next = due.length < limit ? turn.next() : undefined;
        if (next?.value !== undefined) due.push(next.value);
        return next?.done === false;
      });
    }
    return due.map((entry) => this.take(entry));
  }

  private *dueOf(queues: ReadonlyMap<string, Entry>, all: boolean): Generator<Entry, undefined> {
    const dueAtMs = all ? Number.POSITIVE_INFINITY : this.clock.monotonicMs() - RECORDED_EVERY_MS;
    for (const entry of queues.values()) {
      const isOpen = entry.isChanged || (entry.waiting > 0 && !all);
      if (isOpen && entry.recordedAtMs <= dueAtMs) yield entry;
    }
  }

  private take(entry: Entry): Due {
    const { project, queue, waiting, lastFetchAtMs, lastFetchKeyId } = entry;
    entry.isChanged = false;
    entry.recordedAtMs = this.clock.monotonicMs();
    // From now on it is the last of its project, and its project the last of all.
    const queues = this.projects.get(project) ?? new Map<string, Entry>();
    queues.delete(queue);
    this.projects.delete(project);
    this.projects.set(project, queues.set(queue, entry));
    return {
      consumers: { project, queue, waiting, lastFetchAtMs, lastFetchKeyId },
      recorded: () => {
        if (!entry.isChanged && entry.waiting === 0) this.remove(entry);
      },
      failed: () => {
        entry.isChanged = true;
      },
    };
  }

  private entryOf(project: string, queue: string): Entry | undefined {
    const queues = this.projects.get(project);
    const known = queues?.get(queue);
    if (known !== undefined) return known;
    if ((queues?.size ?? 0) >= QUEUES_MAX - this.size) return undefined;
    const entry = {
      project,
      queue,
      waiting: 0,
      lastFetchAtMs: 0,
      lastFetchKeyId: null,
      isChanged: false,
      recordedAtMs: Number.NEGATIVE_INFINITY,
    };
    this.projects.set(project, (queues ?? new Map<string, Entry>()).set(queue, entry));
    this.size += 1;
    return entry;
  }

  private remove({ project, queue }: Entry): void {
    const queues = this.projects.get(project);
    if (queues?.delete(queue) !== true) return;
    this.size -= 1;
    if (queues.size === 0) this.projects.delete(project);
  }

  private note(entry: Entry, keyId: string | null, waits: number): void {
    entry.lastFetchAtMs = this.clock.nowMs();
    entry.lastFetchKeyId = keyId;
    entry.waiting += waits;
    if (entry.isChanged) return;
    entry.isChanged = true;
    this.noted();
  }
}

/** What is to be recorded of a queue now; one of the functions is called when that was tried. */
export interface Due {
  readonly consumers: NodeConsumers;
  recorded(): void;
  failed(): void;
}

interface Entry extends NodeConsumers {
  waiting: number;
  lastFetchAtMs: number;
  lastFetchKeyId: string | null;
  /** Something has changed since it was last recorded. */
  isChanged: boolean;
  recordedAtMs: number;
}
