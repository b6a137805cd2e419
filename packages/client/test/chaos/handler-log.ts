/** What a handler of a worker process says. All processes share the clock of the machine. */
export interface HandlerReport {
  readonly what: 'begun' | 'aborted' | 'done';
  readonly messageId: string;
  readonly deliveryCount: number;
  readonly payload: number;
  readonly atMs: number;
}

interface Run {
  readonly worker: number;
  readonly beganAtMs: number;
  /** When it ended, was aborted, or died with its process. */
  endedAtMs: number;
}

/** Two handlers of one message at the same time, of which the first had not been aborted. */
export interface Overlap {
  readonly messageId: string;
  readonly overlapMs: number;
}

/** Gathers what the handlers of all processes say, and judges it. */
export class HandlerLog {
  readonly #runs = new Map<string, Run[]>();
  readonly #done = new Map<number, number>();

  add(worker: number, { what, messageId, payload, atMs }: HandlerReport): void {
    const runs = this.#runs.get(messageId) ?? [];
    this.#runs.set(messageId, runs);
    const current = runs.findLast((run) => run.worker === worker);
    if (what === 'begun') {
      runs.push({ worker, beganAtMs: atMs, endedAtMs: Number.POSITIVE_INFINITY });
    } else if (current) {
      current.endedAtMs = Math.min(current.endedAtMs, atMs);
    }
    if (what === 'done') this.#done.set(payload, (this.#done.get(payload) ?? 0) + 1);
  }

  /** The process is dead, and so are its handlers. */
  died(worker: number, atMs: number): void {
    for (const runs of this.#runs.values()) {
      for (const run of runs) {
        if (run.worker === worker) run.endedAtMs = Math.min(run.endedAtMs, atMs);
      }
    }
  }

  /** Messages whose work was done. */
  get handled(): number {
    return this.#done.size;
  }

  /** Messages whose work was done more than once. */
  get duplicates(): number {
    return [...this.#done.values()].filter((times) => times > 1).length;
  }

  overlaps(): Overlap[] {
    return [...this.#runs].flatMap(([messageId, runs]) => {
      const inOrder = runs.toSorted((a, b) => a.beganAtMs - b.beganAtMs);
      return inOrder.flatMap((run, index) => {
        const next = inOrder[index + 1];
        const overlapMs = next === undefined ? 0 : run.endedAtMs - next.beganAtMs;
        return overlapMs > 0 ? [{ messageId, overlapMs }] : [];
      });
    });
  }
}
