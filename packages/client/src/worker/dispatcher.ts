import type { Condition } from './condition.js';
import type { Ending, HandledDelivery } from './handled-delivery.js';

/** How long handlers may take to end after their signals were aborted for a stop. */
const ABORT_GRACE_MS = 1_000;

/**
 * Runs the handlers of deliveries: all at once in a standard queue, one after the other within each
 * message group of a FIFO queue. There the next message waits for the answer to the ack of the one
 * before it, because until then that one may still come back.
 */
export class Dispatcher {
  readonly #concurrency: number;
  readonly #changed: Condition;
  readonly #running = new Set<HandledDelivery>();
  /** Deliveries that wait behind one of their message group. */
  readonly #behind = new Map<string, HandledDelivery[]>();
  #settling = 0;
  isFifo = false;

  constructor(concurrency: number, changed: Condition) {
    this.#concurrency = concurrency;
    this.#changed = changed;
  }

  /** Handlers that may begin. */
  get free(): number {
    return this.#concurrency - this.#running.size;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Deliveries whose handlers have ended, and which the server has not confirmed. */
  get settling(): number {
    return this.#settling;
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.#settling === 0;
  }

  add(deliveries: readonly HandledDelivery[]): void {
    for (const delivery of deliveries) {
      if (!this.isFifo) {
        void this.#run(delivery);
        continue;
      }
      const behind = this.#behind.get(delivery.messageGroup);
      if (behind) behind.push(delivery);
      else void this.#runGroup(delivery);
    }
  }

  /** Returns the messages whose work has not begun. */
  async releaseWaiting(): Promise<void> {
    const waiting = [...this.#behind.values()].map((behind) => behind.splice(0));
    await Promise.all(waiting.map(releaseGroup));
  }

  /** Aborts what runs, and waits a moment before the messages are returned in any case. */
  async abortAll(): Promise<void> {
    for (const delivery of this.#running) delivery.abort('STOPPING');
    const isDone = (): boolean => this.#running.size === 0;
    await this.#changed.within(ABORT_GRACE_MS, isDone);
    for (const delivery of this.#running) delivery.abandon();
    await this.#changed.until(isDone);
  }

  async #run(delivery: HandledDelivery): Promise<Ending> {
    this.#running.add(delivery);
    const outcome = await delivery.handle();
    this.#running.delete(delivery);
    this.#settling += 1;
    this.#changed.notify();
    const ending = await delivery.settle(outcome);
    this.#settling -= 1;
    this.#changed.notify();
    return ending;
  }

  async #runGroup(first: HandledDelivery): Promise<void> {
    const behind: HandledDelivery[] = [];
    this.#behind.set(first.messageGroup, behind);
    for (let next: HandledDelivery | undefined = first; next; next = behind.shift()) {
      const ending = await this.#run(next);
      if (ending === 'acked' || ending === 'deadLettered') continue;
      const rest = behind.splice(0);
      // After a failure the server has withdrawn these leases. Otherwise nobody knows.
      if (ending === 'lost') await releaseGroup(rest);
      else for (const delivery of rest) delivery.forget();
    }
    this.#behind.delete(first.messageGroup);
  }
}

/** The server withdraws the leases of the later messages of a group together with an earlier one. */
async function releaseGroup(deliveries: readonly HandledDelivery[]): Promise<void> {
  const [first, ...rest] = deliveries;
  for (const delivery of rest) delivery.forget();
  await first?.release();
}
