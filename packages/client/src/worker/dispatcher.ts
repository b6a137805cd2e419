import type { Condition } from './condition.js';
import type { Ending, HandledDelivery } from './handled-delivery.js';
import type { Lookahead } from './lookahead.js';
import type { Outcome } from './outcomes.js';
import type { ServerContact } from './server-contact.js';

/** How long handlers may take to end after their signals were aborted for a stop. */
const ABORT_GRACE_MS = 1_000;
/** How long a message that was fetched ahead may wait for a handler before it is returned. */
const WAIT_MAX_MS = 1_000;
/**
 * Deliveries that the server has not confirmed, running handlers included, as a multiple of the
 * concurrency. Those that are handled are handled again if the process dies, so no handler begins beyond
 * this: when the server is slow, work waits for its answers.
 */
const UNCONFIRMED_FACTOR = 8;
/** Calls at once when messages are returned. */
const RELEASES_AT_ONCE = 8;
/** No call begins later than this to return one message of many. */
const RELEASE_MAX_MS = 3_000;

/**
 * Runs the handlers of deliveries: in a standard queue as many as there may be, in a FIFO queue one
 * after the other within each message group. There the next message waits for the answer to the ack of
 * the one before it, because until then that one may still come back.
 */
export class Dispatcher {
  readonly #concurrency: number;
  readonly #unconfirmedMax: number;
  readonly #lookahead: Lookahead;
  readonly #contact: ServerContact;
  readonly #changed: Condition;
  readonly #running = new Set<HandledDelivery>();
  /** Deliveries of a standard queue that wait for a handler. */
  #waiting: HandledDelivery[] = [];
  /**
   * Deliveries of a FIFO queue that wait behind one of their message group. Each group in here has a
   * handler, which it keeps while the server confirms a message and others wait behind that.
   */
  readonly #behind = new Map<string, HandledDelivery[]>();
  #settling = 0;
  #returning: ReturnType<typeof setTimeout> | undefined;
  isFifo = false;

  constructor(
    concurrency: number,
    lookahead: Lookahead,
    contact: ServerContact,
    changed: Condition,
  ) {
    this.#concurrency = concurrency;
    this.#unconfirmedMax = UNCONFIRMED_FACTOR * concurrency;
    this.#lookahead = lookahead;
    this.#contact = contact;
    this.#changed = changed;
  }

  /** Handlers that may begin. */
  get free(): number {
    const most = Math.min(this.#concurrency, this.#unconfirmedMax - this.#settling);
    return most - Math.max(this.#running.size, this.#behind.size);
  }

  get running(): number {
    return this.#running.size;
  }

  /** Deliveries that wait for a free handler. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Deliveries whose handlers have ended, and which the server has not confirmed. */
  get settling(): number {
    return this.#settling;
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.#settling === 0;
  }

  add(deliveries: readonly HandledDelivery[]): void {
    if (this.isFifo) {
      for (const delivery of deliveries) this.#addToGroup(delivery);
      return;
    }
    this.#waiting.push(...deliveries);
    this.runWaiting();
    if (this.#waiting.length > 0) {
      this.#returning ??= setTimeout(() => this.#returnWaiting(), WAIT_MAX_MS);
    }
  }

  /** Begins what may begin. While the server does not answer that is nothing: it might be done in vain. */
  runWaiting(): void {
    while (this.free > 0 && !this.#contact.isAway) {
      const next = this.#waiting.shift();
      if (!next) return;
      void this.#handle(next).then((outcome) => this.#settle(next, outcome));
    }
  }

  /** Returns the messages whose work has not begun. */
  async releaseWaiting(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    const firstBehind = [...this.#behind.values()].flatMap((behind) => firstOf(behind.splice(0)));
    await this.release([...waiting, ...firstBehind]);
  }

  /** Returns messages without failures. While the server is away, their leases end by themselves. */
  async release(deliveries: readonly HandledDelivery[]): Promise<void> {
    const endAtMs = performance.now() + RELEASE_MAX_MS;
    for (let from = 0; from < deliveries.length; from += RELEASES_AT_ONCE) {
      const some = deliveries.slice(from, from + RELEASES_AT_ONCE);
      const isInVain = this.#contact.isAway || performance.now() > endAtMs;
      if (isInVain) for (const delivery of some) delivery.forget();
      else await Promise.all(some.map((delivery) => delivery.release()));
    }
  }

  /** Aborts what runs, and waits a moment before the messages are returned in any case. */
  async abortAll(): Promise<void> {
    for (const delivery of this.#running) delivery.abort('STOPPING');
    const isDone = (): boolean => this.#running.size === 0;
    await this.#changed.within(ABORT_GRACE_MS, isDone);
    for (const delivery of this.#running) delivery.abandon();
    await this.#changed.until(isDone);
  }

  /**
   * What still waits after a while would be better off with another worker, if there is a server. If not,
   * what has lost its lease makes room, so that a fetch can find out when the server is back.
   */
  #returnWaiting(): void {
    const { isAway } = this.#contact;
    const lost = this.#waiting.filter(({ isLost }) => isLost);
    this.#waiting = this.#waiting.filter(({ isLost }) => !isLost);
    for (const delivery of lost) void this.#settle(delivery, { kind: 'none' });
    const nowMs = performance.now();
    const tooLong = this.#waiting.filter(
      ({ takenAtMs }) => !isAway && takenAtMs + WAIT_MAX_MS <= nowMs,
    );
    this.#waiting = this.#waiting.slice(tooLong.length);
    void this.release(tooLong);
    const oldest = this.#waiting[0];
    const dueInMs = oldest && !isAway ? oldest.takenAtMs + WAIT_MAX_MS - nowMs : WAIT_MAX_MS;
    this.#returning = oldest && setTimeout(() => this.#returnWaiting(), Math.max(1, dueInMs));
  }

  #addToGroup(delivery: HandledDelivery): void {
    const behind = this.#behind.get(delivery.messageGroup);
    if (behind) behind.push(delivery);
    else if (this.free > 0) void this.#runGroup(delivery);
    // A fetch that was made for a standard queue may bring more message groups than there are handlers.
    else void delivery.release();
  }

  async #handle(delivery: HandledDelivery): Promise<Outcome> {
    this.#running.add(delivery);
    const startMs = performance.now();
    const outcome = await delivery.handle();
    this.#lookahead.handled(performance.now() - startMs);
    return outcome;
  }

  /** Reports an outcome to the server. Until that has confirmed it, there is room for one message less. */
  async #settle(delivery: HandledDelivery, outcome: Outcome): Promise<Ending> {
    this.#running.delete(delivery);
    this.#settling += 1;
    this.runWaiting();
    this.#changed.notify();
    const ending = await delivery.settle(outcome);
    this.#settling -= 1;
    this.runWaiting();
    this.#changed.notify();
    return ending;
  }

  async #runGroup(first: HandledDelivery): Promise<void> {
    const behind: HandledDelivery[] = [];
    this.#behind.set(first.messageGroup, behind);
    for (let next: HandledDelivery | undefined = first; next; next = behind.shift()) {
      const outcome = await this.#handle(next);
      if (behind.length === 0) {
        // The server gives out another message of the group only once it has settled this one.
        this.#behind.delete(first.messageGroup);
        void this.#settle(next, outcome);
        return;
      }
      const ending = await this.#settle(next, outcome);
      if (ending === 'acked' || ending === 'deadLettered') continue;
      const [following] = firstOf(behind.splice(0));
      // After a failure the server has withdrawn these leases. Otherwise nobody knows.
      if (ending === 'lost') await following?.release();
      else following?.forget();
    }
    this.#behind.delete(first.messageGroup);
    this.#changed.notify();
  }
}

/**
 * The first of a message group, which stands for all: the server withdraws the leases of the others when
 * this one is returned.
 */
function firstOf(deliveries: readonly HandledDelivery[]): HandledDelivery[] {
  for (const delivery of deliveries.slice(1)) delivery.forget();
  return deliveries.slice(0, 1);
}
