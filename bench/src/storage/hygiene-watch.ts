import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { LoadResult } from '../load/load-tally.js';
import { type HeldSnapshot, holdSnapshot } from '../servers/held-snapshot.js';
import { type Phase, progressLine } from './hygiene-report.js';
import { readTableSizes, type TableSize } from './table-sizes.js';

const LOOK_EVERY_MS = 1000;
const PRINT_EVERY_MS = 10_000;
/** Below the threshold from which autovacuum works on these tables: it has nothing left to do. */
const DEAD_TUPLES_AT_REST = 2000;
/** PostgreSQL's processes report their counts only now and then. */
const COUNTS_FOLLOW_MS = 2000;

export interface WatchOptions {
  databaseUrl: string;
  /** The number of completed messages at which the snapshot is opened. */
  snapshotFrom: number;
  snapshotMs: number;
  print(line: string): void;
}

interface Mark {
  completed: number;
  atMs: number;
}

/** Watches the database during a load, and holds a snapshot in the middle of it. */
export class HygieneWatch {
  readonly phases: Phase[] = [];
  /** Updated by the caller as the load makes progress. */
  completed = 0;
  #startedMs = performance.now();
  #phaseFrom = this.#mark();
  #printedAt = this.#mark();
  #snapshot: HeldSnapshot | undefined;
  #stage: 'before' | 'held' | 'after' = 'before';

  constructor(
    readonly client: Client,
    readonly options: WatchOptions,
  ) {}

  async follow(load: Promise<LoadResult>): Promise<LoadResult> {
    const running = load.then(
      () => false,
      () => false,
    );
    try {
      while (await Promise.race([running, sleep(LOOK_EVERY_MS, true)])) await this.#look();
      const result = await load;
      this.completed = result.completed;
      await this.#print();
      await this.#endLoad();
      return result;
    } finally {
      await this.#snapshot?.release();
    }
  }

  async #look(): Promise<void> {
    const { databaseUrl, snapshotFrom, snapshotMs } = this.options;
    if (this.#stage === 'before' && this.completed >= snapshotFrom) {
      await this.#endPhase('before the snapshot');
      this.#snapshot = await holdSnapshot(databaseUrl);
      this.#stage = 'held';
      this.options.print('the snapshot is held from now on');
    } else if (this.#stage === 'held' && this.#sinceMs(this.#phaseFrom) >= snapshotMs) {
      await this.#endHeld();
      this.options.print('the snapshot was released');
    }
    if (this.#sinceMs(this.#printedAt) >= PRINT_EVERY_MS) await this.#print();
  }

  async #endHeld(): Promise<void> {
    const seconds = Math.round(this.#sinceMs(this.#phaseFrom) / 1000);
    await this.#endPhase(`${seconds} s with the snapshot held`);
    await this.#snapshot?.release();
    this.#snapshot = undefined;
    this.#stage = 'after';
  }

  async #endLoad(): Promise<void> {
    if (this.#stage === 'held') await this.#endHeld();
    else if (this.#stage === 'after') await this.#endPhase('the rest, without the snapshot');
    else await this.#endPhase('the whole load, before a snapshot was due');
  }

  /** Resolves when autovacuum has nothing left to do, or when the time is over. */
  async awaitAutovacuum(limitMs: number): Promise<void> {
    const fromMs = performance.now();
    let tables: TableSize[];
    let isOver: boolean;
    do {
      await sleep(COUNTS_FOLLOW_MS);
      tables = await readTableSizes(this.client);
      isOver = tables.every(({ deadTuples }) => deadTuples <= DEAD_TUPLES_AT_REST);
    } while (!isOver && performance.now() - fromMs < limitMs);
    const seconds = Math.round((performance.now() - fromMs) / 1000);
    const how = isOver ? 'autovacuum' : 'waiting for autovacuum, which has not finished';
    this.phases.push({ name: `${seconds} s of ${how}`, tables });
  }

  async addPhase(name: string, perSecond: number): Promise<void> {
    this.phases.push({ name, perSecond, tables: await readTableSizes(this.client) });
  }

  async #endPhase(name: string): Promise<void> {
    await this.addPhase(name, this.#speedSince(this.#phaseFrom));
    this.#phaseFrom = this.#mark();
  }

  async #print(): Promise<void> {
    const tables = await readTableSizes(this.client);
    const elapsedMs = performance.now() - this.#startedMs;
    const speed = this.#speedSince(this.#printedAt);
    this.options.print(progressLine(elapsedMs, this.completed, speed, tables));
    this.#printedAt = this.#mark();
  }

  #mark(): Mark {
    return { completed: this.completed, atMs: performance.now() };
  }

  #sinceMs = (mark: Mark): number => performance.now() - mark.atMs;

  #speedSince(mark: Mark): number {
    return ((this.completed - mark.completed) * 1000) / this.#sinceMs(mark);
  }
}
