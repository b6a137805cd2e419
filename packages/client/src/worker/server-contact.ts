import type { MillraceError } from '../errors.js';
import type { Emit } from './events.js';

/** What the worker knows of its server: whether calls succeed, and since when they do not. */
export class ServerContact {
  readonly #emit: Emit;
  #failures = 0;
  #isAway = false;
  #failingSinceMs = 0;
  #lastError: MillraceError | undefined;

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Calls that failed since the last one that succeeded. */
  get failures(): number {
    return this.#failures;
  }

  /** The last call has failed and is going to be repeated. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** The error of the last failure, until a call succeeds. */
  get lastError(): MillraceError | undefined {
    return this.#failures > 0 ? this.#lastError : undefined;
  }

  failed(call: string, error: MillraceError, retryInMs: number | undefined): void {
    if (this.#failures === 0) this.#failingSinceMs = performance.now();
    this.#failures += 1;
    this.#lastError = error;
    this.#isAway = retryInMs !== undefined;
    this.#emit('callFailed', { call, error, failures: this.#failures, retryInMs });
  }

  succeeded(): void {
    if (this.#failures === 0) return;
    const failures = this.#failures;
    this.#failures = 0;
    this.#isAway = false;
    this.#emit('recovered', { failures, afterMs: performance.now() - this.#failingSinceMs });
  }
}
