import type { ConsumedQueue, Delivery } from '../api/queue.js';
import type { MillraceError } from '../errors.js';
import type { ServerContact } from './server-contact.js';
import { isFinal } from './settling/refusals.js';

/** Time after which an extension that failed is tried again. */
const RETRY_MS = 500;
/** Timers run late in a busy process, and a handler needs a moment to stop. */
const MARGIN_SHARE = 0.05;
const MARGIN_MAX_MS = 1_000;

/**
 * The lease of one delivery, extended when half of its time is over. It counts from when the request was
 * sent that got it, and is given up a little before its end, so that it is never believed to be longer
 * than it is.
 */
export class Lease {
  readonly #queue: ConsumedQueue;
  readonly #delivery: Delivery;
  readonly #durationMs: number;
  readonly #contact: ServerContact;
  /** When it is given up. */
  #endsAtMs: number;
  #nextBeat: ReturnType<typeof setTimeout> | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  /**
   * Is called once, when the lease is lost. `isCertain` is false when the server could not be asked and
   * the lease has run out by this machine's clock.
   */
  onLost: ((isCertain: boolean) => void) | undefined;

  constructor(
    queue: ConsumedQueue,
    delivery: Delivery,
    durationMs: number,
    leasedAtMs: number,
    contact: ServerContact,
  ) {
    this.#queue = queue;
    this.#delivery = delivery;
    this.#durationMs = durationMs;
    this.#contact = contact;
    this.#endsAtMs = this.#endOf(leasedAtMs);
    this.#schedule();
  }

  /** A lease that has been under way for so long may have ended already. */
  get isDoubtful(): boolean {
    return performance.now() >= this.#endsAtMs;
  }

  /**
   * Extends the lease now, before anything is done. The server knows best whether it has ended, so its
   * answer counts and not the clock here.
   *
   * @returns whether it is held
   */
  async renew(): Promise<boolean> {
    await this.#beat();
    return !this.#isOver && !this.isDoubtful;
  }

  /** Extends it no more. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#nextBeat);
    clearTimeout(this.#end);
  }

  #endOf(leasedAtMs: number): number {
    const marginMs = Math.min(MARGIN_MAX_MS, this.#durationMs * MARGIN_SHARE);
    return leasedAtMs + this.#durationMs - marginMs;
  }

  #schedule(): void {
    const inMs = this.#endsAtMs - this.#durationMs / 2 - performance.now();
    this.#nextBeat = setTimeout(
      () => {
        this.#watchEnd();
        void this.#beat();
      },
      Math.max(0, inMs),
    );
  }

  async #beat(): Promise<void> {
    clearTimeout(this.#nextBeat);
    const sentAtMs = performance.now();
    const timeoutMs = Math.max(1_000, Math.min(15_000, this.#durationMs / 2));
    try {
      const { extended } = await this.#queue.extend(this.#delivery, this.#durationMs / 1_000, {
        retries: false,
        timeoutMs,
      });
      this.#contact.succeeded();
      if (this.#isOver) return;
      if (!extended) {
        this.#lost(true);
        return;
      }
      this.#endsAtMs = this.#endOf(sentAtMs);
      this.#schedule();
      this.#watchEnd();
    } catch (error) {
      if (!this.#isOver) this.#failed(error as MillraceError);
    }
  }

  #failed(error: MillraceError): void {
    if (error.code === 'INVALID_REQUEST') {
      // It has lasted for 12 hours, the most that the server allows, or would then: it is not extended.
      this.#contact.failed('extend', error, undefined);
    } else if (isFinal(error)) {
      this.#lost(true);
    } else {
      // A key that is refused for the moment, or a proxy without a server, does not end the lease; its time does.
      this.#contact.failed('extend', error, RETRY_MS);
      this.#nextBeat = setTimeout(() => void this.#beat(), RETRY_MS);
    }
  }

  /** The end matters only once an extension is due, which spares short handlers a timer. */
  #watchEnd(): void {
    clearTimeout(this.#end);
    const inMs = Math.max(0, this.#endsAtMs - performance.now());
    this.#end = setTimeout(() => this.#lost(false), inMs);
  }

  #lost(isCertain: boolean): void {
    this.stop();
    this.onLost?.(isCertain);
  }
}
