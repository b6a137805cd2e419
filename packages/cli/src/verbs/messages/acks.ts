import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, Queue } from '@millrace/client';
import { counted } from '../../output/counted.js';
import type { Output } from '../../output/output.js';
import { untilSignalThenBriefly } from '../../session/long-calls.js';
import type { HeldLeases } from './held-leases.js';

/** Acks messages while others are printed, in one call at a time: what comes during a call shares the next. */
export class Acks {
  #waiting: Delivery[] = [];
  #sending: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly out: Output,
    private readonly queue: Queue,
    private readonly held: HeldLeases,
    private readonly signal: AbortSignal,
  ) {}

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  add(message: Delivery): void {
    this.#waiting.push(message);
    this.#sending ??= this.#send();
  }

  /** Resolves when all are acked, or the signal has ended the run. */
  async done(): Promise<void> {
    await this.#sending;
    if (this.#failure === undefined) return;
    const printed = counted(this.#waiting.length, 'message');
    this.out.note(
      `millrace: ${printed} printed but not acked; what is not acked is delivered again`,
    );
    // The signal is what ended the run.
    if (!this.signal.aborted) throw this.#failure.error;
  }

  async #send(): Promise<void> {
    // An output that takes all at once, such as a file, has many of them in the same turn.
    await nextTurn();
    while (this.#waiting.length > 0 && !this.hasFailed) {
      const messages = this.#waiting;
      this.#waiting = [];
      try {
        await this.#ack(messages);
      } catch (error) {
        this.#waiting.unshift(...messages);
        this.#failure = { error };
      }
    }
    this.#sending = undefined;
  }

  async #ack(messages: readonly Delivery[]): Promise<void> {
    const { results } = await untilSignalThenBriefly(
      (options) => this.queue.ackBatch(messages, options),
      this.signal,
    );
    for (const { messageId, error } of results) {
      this.held.settled(messageId);
      if (error) this.out.note(`millrace: ${messageId} was not acked: ${error.message}`);
    }
  }
}
