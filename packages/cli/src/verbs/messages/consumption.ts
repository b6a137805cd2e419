import { type Delivery, MillraceError, type Queue } from '@millrace/client';
import { Interrupted } from '../../errors.js';
import { counted } from '../../output/counted.js';
import { answerWith } from '../../session/answer-with.js';
import { outlastingRestarts } from '../../session/long-calls.js';
import type { Session } from '../../session/session.js';
import { Acks } from './acks.js';
import { HeldLeases } from './held-leases.js';
import { printMessage } from './print-message.js';

export interface ConsumeFlags {
  readonly max?: number;
  readonly wait?: number;
  readonly visibilityTimeout?: number;
  readonly ack?: true;
  readonly follow?: true;
  readonly payload?: true;
}

/** The most messages of one call. A reader that is slow gets fewer. */
const BATCH = 100;
/** The share of a lease in which a message must get its turn, so that enough of it is left to print it. */
const TURN_SHARE = 1 / 3;
const LONGEST_POLL_SECONDS = 20;
/** The lease of a queue that does not exist yet, if a consume creates it. */
const DEFAULT_LEASE_SECONDS = 30;

/** One run of `consume`: leases, prints and acks until it is done or a signal ends it. */
export class Consumption {
  readonly #held: HeldLeases;
  #leaseSeconds = DEFAULT_LEASE_SECONDS;
  #batch = BATCH;
  #printed = 0;

  constructor(
    private readonly session: Session,
    private readonly queue: Queue,
    private readonly flags: ConsumeFlags,
  ) {
    this.#held = new HeldLeases(queue);
  }

  /** @returns how many messages were printed */
  async run(): Promise<number> {
    const { interrupted } = this.session;
    try {
      this.#leaseSeconds = this.flags.visibilityTimeout ?? (await this.#leaseOfQueue(interrupted));
      await this.#consume(interrupted);
      return this.#printed;
    } catch (error) {
      await this.#giveBack();
      const isWanted = error instanceof Interrupted && this.flags.follow;
      if (isWanted) return this.#printed;
      throw error;
    }
  }

  async #leaseOfQueue(signal: AbortSignal): Promise<number> {
    try {
      const answer = await this.queue.get({ signal });
      return answerWith(answer, 'visibilityTimeoutDefault').visibilityTimeoutDefault;
    } catch (error) {
      const isMissing = error instanceof MillraceError && error.code === 'QUEUE_NOT_FOUND';
      // Some servers create a queue when it is consumed; the others will say that there is none.
      if (isMissing) return DEFAULT_LEASE_SECONDS;
      throw error;
    }
  }

  async #consume(signal: AbortSignal): Promise<void> {
    const { follow = false, max = follow ? Number.POSITIVE_INFINITY : 1, wait = 0 } = this.flags;
    const endAtMs = performance.now() + wait * 1_000;
    while (this.#printed < max) {
      const remaining = follow ? LONGEST_POLL_SECONDS : (endAtMs - performance.now()) / 1_000;
      const isWaiting = follow || this.#printed === 0;
      const waitSeconds = isWaiting ? Math.min(LONGEST_POLL_SECONDS, Math.max(0, remaining)) : 0;
      const maxMessages = Math.min(this.#batch, max - this.#printed);
      const messages = await this.#lease(maxMessages, waitSeconds, signal);
      const hasTime = follow || (this.#printed === 0 && performance.now() < endAtMs);
      if (messages.length === 0 && !hasTime) return;
      await this.#handle(messages, signal);
    }
  }

  async #lease(maxMessages: number, waitSeconds: number, signal: AbortSignal): Promise<Delivery[]> {
    this.#held.forgetEnded();
    const options = {
      maxMessages,
      waitSeconds: Math.round(waitSeconds * 1_000) / 1_000,
      visibilityTimeout: this.#leaseSeconds,
      // With a key, the server would keep the leases of a call that was aborted for a repetition.
      idempotencyKey: false,
      signal,
    } as const;
    const { messages } = await (this.flags.follow
      ? outlastingRestarts(() => this.queue.consume(options), signal)
      : this.queue.consume(options));
    this.#held.add(messages, this.#leaseSeconds * 1_000);
    return messages;
  }

  /**
   * Prints messages, and acks each once it is printed. What does not get its turn in time, because the
   * reader is slow, is returned: its lease would end while it waits, and somebody else may read faster.
   */
  async #handle(messages: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const acks = new Acks(this.session.out, this.queue, this.#held, signal);
    const waiting = [...messages];
    const beganAtMs = performance.now();
    const turnsMs = this.#leaseSeconds * 1_000 * TURN_SHARE;
    const isLate = (): boolean => performance.now() - beganAtMs >= turnsMs;
    let returning: Promise<number> | undefined;
    const returnWaiting = (): void => {
      returning ??= this.#held.giveBack(waiting.splice(0));
    };
    const late = setTimeout(returnWaiting, turnsMs);
    let count = 0;
    try {
      for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
        signal.throwIfAborted();
        const printing = printMessage(this.session.out, message, this.flags.payload);
        await this.#held.keepWhile(message, printing);
        count += 1;
        this.#printed += 1;
        if (this.flags.ack) acks.add(message);
        if (acks.hasFailed) break;
        // While a terminal or a file takes its time, no timer runs.
        if (isLate()) returnWaiting();
      }
    } finally {
      clearTimeout(late);
      if (isLate()) this.#batch = Math.max(1, Math.floor(count / 2));
      else if (performance.now() - beganAtMs < turnsMs / 4)
        this.#batch = Math.min(BATCH, 2 * this.#batch);
      await Promise.all([returning, acks.done()]);
    }
  }

  async #giveBack(): Promise<void> {
    const left = await this.#held.giveBack();
    if (left === 0) return;
    const messages = `${counted(left, 'message')} ${left === 1 ? 'stays' : 'stay'} leased`;
    this.session.out.note(`millrace: ${messages} until the visibility timeout: no answer came`);
  }
}
