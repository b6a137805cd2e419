import type { Clock } from '../clock.js';
import type { NodeConsumers } from '../store/queue-consumers.js';

/** Bounds the memory. Of queues beyond that, fetches are not noted until there is room again. */
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
  /** In the order in which they were last recorded. */
  private readonly entries = new Map<string, Entry>();
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
    return this.entries.get(keyOf(project, queue));
  }

  get isEmpty(): boolean {
    return this.entries.size === 0;
  }

  /**
   * The next queues to record, those first that were not recorded for the longest time: changed ones,
   * and those where consumers wait, since a record of waits counts only for a while.
   *
   * @param all also those that were recorded a moment ago
   */
  takeDue(limit: number, all = false): Due[] {
    const dueAtMs = all ? Number.POSITIVE_INFINITY : this.clock.monotonicMs() - RECORDED_EVERY_MS;
    const due: Entry[] = [];
    for (const entry of this.entries.values()) {
      if (due.length === limit) break;
      const isOpen = entry.isChanged || (entry.waiting > 0 && !all);
      if (isOpen && entry.recordedAtMs <= dueAtMs) due.push(entry);
    }
    return due.map((entry) => this.take(entry));
  }

  private take(entry: Entry): Due {
    const { project, queue, waiting, lastFetchAtMs, lastFetchKeyId } = entry;
    const key = keyOf(project, queue);
    entry.isChanged = false;
    entry.recordedAtMs = this.clock.monotonicMs();
    this.entries.delete(key);
    this.entries.set(key, entry);
    return {
      consumers: { project, queue, waiting, lastFetchAtMs, lastFetchKeyId },
      recorded: () => {
        if (!entry.isChanged && entry.waiting === 0) this.entries.delete(key);
      },
      failed: () => {
        entry.isChanged = true;
      },
    };
  }

  private entryOf(project: string, queue: string): Entry | undefined {
    const key = keyOf(project, queue);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      if (this.entries.size >= QUEUES_MAX) return undefined;
      entry = {
        project,
        queue,
        waiting: 0,
        lastFetchAtMs: 0,
        lastFetchKeyId: null,
        isChanged: false,
        recordedAtMs: Number.NEGATIVE_INFINITY,
      };
      this.entries.set(key, entry);
    }
    return entry;
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

const keyOf = (project: string, queue: string): string => `${project}\n${queue}`;
