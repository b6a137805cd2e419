import { setMaxListeners } from 'node:events';
import type { QueueApi } from '../calls/queue-api.js';
import { runConsumer } from './consumer.js';
import { runPublisher } from './publisher.js';
import type { QueuePlan } from './queue-plan.js';
import type { SeededRandom } from './seeded-random.js';

export interface WorkloadOptions {
  readonly api: QueueApi;
  readonly plan: QueuePlan;
  readonly random: SeededRandom;
  readonly publishers: number;
  readonly consumers: number;
  /** The largest number of messages to publish, over all publishers. */
  readonly maxPublishes: number;
  readonly maxDurationMs: number;
}

/** The state that the loops of one workload share. */
export interface WorkloadContext {
  readonly api: QueueApi;
  readonly plan: QueuePlan;
  readonly stopped: AbortSignal;
  /** The next message's number, or undefined once the limit is reached. */
  nextPublish(): number | undefined;
}

/** Publishers and consumers that continue through any outage until they are stopped. */
export class Workload {
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[];
  readonly #timer: NodeJS.Timeout;
  #published = 0;

  constructor(options: WorkloadOptions) {
    // Every pause of every loop adds a listener, which is no leak.
    setMaxListeners(0, this.#stop.signal);
    const context: WorkloadContext = {
      api: options.api,
      plan: options.plan,
      stopped: this.#stop.signal,
      nextPublish: () => {
        if (this.#published >= options.maxPublishes) return undefined;
        this.#published += 1;
        return this.#published;
      },
    };
    const { random } = options;
    this.#loops = [
      ...Array.from({ length: options.publishers }, () => runPublisher(context, random.fork())),
      ...Array.from({ length: options.consumers }, () => runConsumer(context, random.fork())),
    ];
    this.#timer = setTimeout(() => this.#stop.abort(), options.maxDurationMs);
    // A loop that fails ends the others; stop() then reports the failure.
    for (const loop of this.#loops) loop.catch(() => this.#stop.abort());
  }

  /** The number of messages that publishers have begun so far. */
  get published(): number {
    return this.#published;
  }

  /** Ends all loops, and waits until the last of their calls has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    const endings = await Promise.allSettled(this.#loops);
    for (const ending of endings) {
      if (ending.status === 'rejected') throw ending.reason;
    }
  }
}
