import { type Delivery, MillraceError, type Queue } from '@millrace/client';
import { Interrupted } from '../../errors.js';
import { counted } from '../../output/counted.js';
import { outlastingRestarts, untilSignalThenBriefly } from '../../session/long-calls.js';
import { BRIEF, type Session } from '../../session/session.js';
import { printMessage } from './print-message.js';

export interface ConsumeFlags {
  readonly max?: number;
  readonly wait?: number;
  readonly visibilityTimeout?: number;
  readonly ack?: true;
  readonly follow?: true;
  readonly payload?: true;
}

/** The most messages of one call, so that the last of them is printed long before its lease ends. */
const BATCH = 100;
const LONGEST_POLL_SECONDS = 20;
const RETURNS_AT_ONCE = 20;

/** One run of `consume`: leases, prints and acks until it is done or a signal ends it. */
export class Consumption {
  /** What is leased and not settled, by the id of the message. */
  readonly #held = new Map<string, Delivery>();
  #printed = 0;

  constructor(
    private readonly session: Session,
    private readonly queue: Queue,
    private readonly flags: ConsumeFlags,
  ) {}

  /** @returns how many messages were printed */
  async run(): Promise<number> {
    const { interrupted } = this.session;
    try {
      await this.#consume(interrupted);
      return this.#printed;
    } catch (error) {
      await this.#giveBack();
      const isWanted = error instanceof Interrupted && this.flags.follow;
      if (isWanted) return this.#printed;
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
      const messages = await this.#lease(Math.min(BATCH, max - this.#printed), waitSeconds, signal);
      const hasTime = follow || (this.#printed === 0 && performance.now() < endAtMs);
      if (messages.length === 0 && !hasTime) return;
      await this.#handle(messages, signal);
    }
  }

  async #lease(maxMessages: number, waitSeconds: number, signal: AbortSignal): Promise<Delivery[]> {
    this.#forgetEnded();
    const options = {
      maxMessages,
      waitSeconds: Math.round(waitSeconds * 1_000) / 1_000,
      visibilityTimeout: this.flags.visibilityTimeout,
      // With a key, the server would keep the leases of a call that was aborted for a repetition.
      idempotencyKey: false,
      signal,
    } as const;
    const { messages } = await (this.flags.follow
      ? outlastingRestarts(() => this.queue.consume(options), signal)
      : this.queue.consume(options));
    for (const message of messages) this.#held.set(message.messageId, message);
    return messages;
  }

  async #handle(messages: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const printed: Delivery[] = [];
    try {
      for (const message of messages) {
        signal.throwIfAborted();
        await printMessage(this.session.out, message, this.flags.payload);
        printed.push(message);
        this.#printed += 1;
      }
    } finally {
      if (this.flags.ack && printed.length > 0) await this.#ack(printed, signal);
    }
  }

  async #ack(messages: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const { out } = this.session;
    try {
      const { results } = await untilSignalThenBriefly(
        (options) => this.queue.ackBatch(messages, options),
        signal,
      );
      for (const { messageId, error } of results) {
        this.#held.delete(messageId);
        if (error) out.note(`millrace: ${messageId} was not acked: ${error.message}`);
      }
    } catch (error) {
      const printed = counted(messages.length, 'message');
      out.note(`millrace: ${printed} printed but not acked; what is not acked is delivered again`);
      // The signal is what ended the run.
      if (!signal.aborted) throw error;
    }
  }

  /** Without --ack, a long run must not remember messages whose leases have ended. */
  #forgetEnded(): void {
    const nowMs = Date.now();
    for (const [id, { leaseExpiresAt }] of this.#held) {
      if (Date.parse(leaseExpiresAt) < nowMs) this.#held.delete(id);
    }
  }

  /** Returns what is leased. A failure does no harm: the leases end by themselves. */
  async #giveBack(): Promise<void> {
    const held = [...this.#held.values()];
    let left = 0;
    for (let first = 0; first < held.length; first += RETURNS_AT_ONCE) {
      const some = held.slice(first, first + RETURNS_AT_ONCE);
      const returned = await Promise.allSettled(
        some.map((message) => this.queue.extend(message, 0, BRIEF)),
      );
      const failed = returned.filter(isUnanswered).length;
      left += failed;
      // Without a server, the others would take as long again.
      if (failed === some.length) {
        left += held.length - first - some.length;
        break;
      }
    }
    if (left === 0) return;
    const messages = `${counted(left, 'message')} ${left === 1 ? 'stays' : 'stay'} leased`;
    this.session.out.note(`millrace: ${messages} until the visibility timeout: no answer came`);
  }
}

/** A refusal says that the lease has ended already. */
const isUnanswered = (result: PromiseSettledResult<unknown>): boolean =>
  result.status === 'rejected' &&
  (!(result.reason instanceof MillraceError) || result.reason.retryable);
