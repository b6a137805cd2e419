import { monotonicMs } from '../core/clock.js';
import type { Lookup } from './guarded-connector.js';

/** A name whose server takes longer than this is slow until it is quick again. */
const SLOW_MS = 1_000;
const SLOW_NAMES_MAX = 10_000;

type Addresses = ReturnType<Lookup>;

/**
 * Lookups go on after the attempt that wanted them was given up, on threads that all names share. So
 * there is one lookup under way for each name, and few for names that were slow before: a name server
 * that does not answer holds up its own receiver and no other.
 */
export class Lookups {
  private readonly underWay = new Map<string, Addresses>();
  private readonly slowNames = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private slowUnderWay = 0;

  constructor(
    private readonly resolve: Lookup,
    private readonly slowMax: number,
  ) {}

  readonly lookup: Lookup = (name) => {
    let addresses = this.underWay.get(name);
    if (addresses === undefined) {
      addresses = this.start(name).finally(() => this.underWay.delete(name));
      this.underWay.set(name, addresses);
    }
    return addresses;
  };

  private async start(name: string): Addresses {
    const isSlow = this.slowNames.has(name);
    if (isSlow) await this.turn();
    const startMs = monotonicMs();
    try {
      return await this.resolve(name);
    } finally {
      this.note(name, monotonicMs() - startMs);
      if (isSlow) this.end();
    }
  }

  private note(name: string, durationMs: number): void {
    if (durationMs < SLOW_MS) this.slowNames.delete(name);
    else if (this.slowNames.size < SLOW_NAMES_MAX) this.slowNames.add(name);
  }

  private async turn(): Promise<void> {
    if (this.slowUnderWay < this.slowMax) this.slowUnderWay += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Its place goes to the next. */
  private end(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.slowUnderWay -= 1;
    else next();
  }
}
