import { type Delivery, type DeliveryReference, MillraceError, type Queue } from '@millrace/client';
import { BRIEF } from '../../session/session.js';

interface Held extends DeliveryReference {
  readonly durationMs: number;
  /** The end of the lease by the monotonic clock, or a little later. */
  readonly endsAtMs: number;
}

const RETURNS_AT_ONCE = 20;

/**
 * The messages that a run has leased and not settled. Their leases are measured with this machine's
 * monotonic clock: the end that an answer names is told by the clock of the server, which may be another
 * time.
 */
export class HeldLeases {
  readonly #held = new Map<string, Held>();

  constructor(private readonly queue: Queue) {}

  /** Adds messages that have just been leased. */
  add(messages: readonly Delivery[], durationMs: number): void {
    for (const { messageId, receipt } of messages) this.#hold({ messageId, receipt }, durationMs);
  }

  settled(messageId: string): void {
    this.#held.delete(messageId);
  }

  /** Without --ack, a long run must not remember messages whose leases have ended. */
  forgetEnded(): void {
    const nowMs = performance.now();
    for (const [id, { endsAtMs }] of this.#held) if (endsAtMs < nowMs) this.#held.delete(id);
  }

  /** Extends the lease of a message as long as something is done with it. */
  async keepWhile({ messageId }: DeliveryReference, work: Promise<void>): Promise<void> {
    const held = this.#held.get(messageId);
    const beat = held && setInterval(() => void this.#extend(held), held.durationMs / 3);
    try {
      await work;
    } finally {
      clearInterval(beat);
    }
  }

  /**
   * Returns these messages, by default all. A failure does no harm: the leases end by themselves.
   *
   * @returns how many stay leased because no answer came
   */
  async giveBack(messages: readonly DeliveryReference[] = [...this.#held.values()]) {
    let left = 0;
    for (let first = 0; first < messages.length; first += RETURNS_AT_ONCE) {
      const some = messages.slice(first, first + RETURNS_AT_ONCE);
      const returned = await Promise.all(some.map((message) => this.#return(message)));
      const failed = returned.filter((isAnswered) => !isAnswered).length;
      left += failed;
      // Without a server, the others would take as long again.
      if (failed === some.length) return left + messages.length - first - some.length;
    }
    return left;
  }

  #hold({ messageId, receipt }: DeliveryReference, durationMs: number): void {
    const endsAtMs = performance.now() + durationMs;
    this.#held.set(messageId, { messageId, receipt, durationMs, endsAtMs });
  }

  /** What goes wrong is left to the next time, or to the ack, which says when the lease is lost. */
  async #extend(held: Held): Promise<void> {
    const { durationMs } = held;
    const options = { retries: false, timeoutMs: Math.max(1_000, durationMs / 3) } as const;
    try {
      const { extended } = await this.queue.extend(held, durationMs / 1_000, options);
      if (extended && this.#held.has(held.messageId)) this.#hold(held, durationMs);
    } catch {}
  }

  /** @returns whether an answer came. A refusal says that the lease has ended already. */
  async #return(message: DeliveryReference): Promise<boolean> {
    try {
      await this.queue.extend(message, 0, BRIEF);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.retryable) return false;
    }
    this.settled(message.messageId);
    return true;
  }
}
