import { LIMITS } from '../contract/limits.js';
import { nextTurn, sleep } from '../transport/sleep.js';
import { reportFailure } from '../user-code.js';
import type { Condition } from './condition.js';
import type { Consumption, Leased } from './consumption.js';
import type { Dispatcher } from './dispatcher.js';
import { HandledDelivery, type Workplace } from './handled-delivery.js';
import { Lease } from './lease.js';
import type { Lookahead } from './lookahead.js';
import { type Outcome, outcomeOfFailure } from './outcomes.js';
import type { ServerContact } from './server-contact.js';

/** Messages in a fetch from a FIFO queue. A message group with many must not take all the handlers. */
const FIFO_FETCH = 4;
/** Fetches under way at once while there is a backlog. */
const MAX_FETCHES = 2;
/** Messages in a fetch, as a multiple of the concurrency, if handlers are fast enough for so many. */
const FETCH_FACTOR = 4;
/** Pause after an error that is not one of the server. */
const FAULT_PAUSE_MS = 1_000;

/** Fetches messages for the handlers that are free, or will be when the messages arrive. */
export class Fetcher {
  readonly #place: Workplace;
  readonly #consumption: Consumption;
  readonly #dispatcher: Dispatcher;
  readonly #lookahead: Lookahead;
  readonly #contact: ServerContact;
  readonly #changed: Condition;
  #underWay = 0;
  /** Messages that fetches under way ask for. */
  #requested = 0;
  /** The last fetch came back full, so there is more. */
  #hasBacklog = false;
  #lastFetchAt: Date | undefined;
  isPaused = false;

  constructor(
    place: Workplace,
    parts: {
      readonly consumption: Consumption;
      readonly dispatcher: Dispatcher;
      readonly lookahead: Lookahead;
      readonly contact: ServerContact;
      readonly changed: Condition;
    },
  ) {
    this.#place = place;
    this.#consumption = parts.consumption;
    this.#dispatcher = parts.dispatcher;
    this.#lookahead = parts.lookahead;
    this.#contact = parts.contact;
    this.#changed = parts.changed;
  }

  /** When the server last answered a fetch, with messages or without. */
  get lastFetchAt(): Date | undefined {
    return this.#lastFetchAt;
  }

  get isFetching(): boolean {
    return this.#underWay > 0;
  }

  /** Resolves when the last fetch is over after a stop. */
  async run(): Promise<void> {
    const { isStopping } = this;
    while (!isStopping()) {
      await this.#changed.until(() => isStopping() || this.#wanted() > 0);
      // Handlers that end together are waited for, so that one fetch serves them all.
      await nextTurn();
      const wanted = isStopping() ? 0 : this.#wanted();
      if (wanted > 0) void this.#fetch(wanted);
    }
    await this.#changed.until(() => this.#underWay === 0);
  }

  readonly isStopping = (): boolean => this.#consumption.isStopping;

  /** How many messages to ask for now. */
  #wanted(): number {
    const { concurrency } = this.#place.settings;
    const fetchesMax = this.#hasBacklog ? MAX_FETCHES : 1;
    if (this.isPaused || this.#underWay >= fetchesMax) return 0;
    const { isFifo } = this.#consumption;
    const ahead = isFifo ? 0 : this.#lookahead.messages(concurrency);
    const room = this.#dispatcher.free + ahead - this.#dispatcher.waiting - this.#requested;
    const most = isFifo ? FIFO_FETCH : FETCH_FACTOR * concurrency;
    return Math.min(room, most, LIMITS.consumeMaxMessages);
  }

  async #fetch(wanted: number): Promise<void> {
    this.#underWay += 1;
    this.#requested += wanted;
    try {
      await this.#consumption.learn();
      const maxMessages = this.#consumption.isFifo ? Math.min(wanted, FIFO_FETCH) : wanted;
      const startMs = performance.now();
      const leased = await this.#consumption.consume(maxMessages);
      this.#lastFetchAt = new Date();
      const count = leased.consumed.messages.length + leased.consumed.invalid.length;
      this.#hasBacklog = count >= maxMessages;
      if (this.#hasBacklog) this.#lookahead.fetched(performance.now() - startMs);
      if (count > 0) await this.#dispatch(leased, count);
    } catch (error) {
      if (this.isStopping()) return;
      // Not a refusal of the server, which is repeated elsewhere: something here is wrong.
      reportFailure('a fetch', error);
      await sleep(FAULT_PAUSE_MS);
    } finally {
      this.#underWay -= 1;
      this.#requested -= wanted;
      this.#changed.notify();
    }
  }

  async #dispatch({ consumed, leaseSeconds, leasedAtMs, isFifo }: Leased, count: number) {
    const { queue, counters, emit, settings } = this.#place;
    counters.fetched += count;
    emit('fetched', { messages: count });
    const held = (message: HandledDelivery['message'], outcome?: Outcome): HandledDelivery => {
      const lease = new Lease(queue, message, leaseSeconds * 1_000, leasedAtMs, this.#contact);
      return new HandledDelivery(this.#place, message, lease, outcome);
    };
    const deliveries = consumed.messages.map((message) => held(message));
    // Each takes its place among the others, whose message group may be its own.
    for (const { message, error, index } of consumed.invalid) {
      // The same schema would refuse the same payload again, unless it has failed itself.
      const outcome: Outcome =
        error.code === 'SCHEMA_FAILED'
          ? outcomeOfFailure(error, undefined, () => settings.backoff(message.deliveryCount, error))
          : { kind: 'reject', error };
      deliveries.splice(index, 0, held(message, outcome));
    }
    this.#dispatcher.isFifo = isFifo;
    if (this.isStopping()) await this.#dispatcher.release(deliveries);
    else this.#dispatcher.add(deliveries);
  }
}
