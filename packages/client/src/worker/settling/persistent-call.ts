import { MillraceError } from '../../errors.js';
import type { CallOptions } from '../../transport/options.js';
import { type RetryOptions, retryDelayMs } from '../../transport/retry-rules.js';
import { sleep } from '../../transport/sleep.js';
import type { ServerContact } from '../server-contact.js';

const FOREVER = Number.POSITIVE_INFINITY;
/** Short enough for an ack to arrive while a server that comes back still waits for late ones. */
const RULES = { baseDelayMs: 250, maxDelayMs: 5_000 };
const RETRIES: RetryOptions = { maxAttempts: FOREVER, totalMs: FOREVER, ...RULES };

export interface PersistentCall<Data> {
  readonly name: string;
  readonly contact: ServerContact;
  /** Ends it; it then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Refusals after which the call is given up. */
  readonly isFinal: (error: MillraceError) => boolean;
  readonly make: (options: CallOptions) => Promise<Data>;
  readonly onFailure?: (error: MillraceError) => void;
}

/**
 * Makes a call as often as it takes, through outages of any length: also after refusals that a caller
 * would not repeat, because a key that was revoked may be replaced, and a queue may be made later.
 */
export async function persistentCall<Data>(wanted: PersistentCall<Data>): Promise<Data> {
  const { name, contact, signal, isFinal, make, onFailure } = wanted;
  const failed = (error: MillraceError, delayMs: number | undefined): void => {
    onFailure?.(error);
    contact.failed(name, error, delayMs);
  };
  for (let failures = 1; ; failures += 1) {
    try {
      const data = await make({ signal, retries: RETRIES, onRetry: failed });
      contact.succeeded();
      return data;
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      if (isFinal(error)) {
        failed(error, undefined);
        throw error;
      }
      const delayMs = retryDelayMs(RULES, failures + 1, error.retryAfterMs);
      failed(error, delayMs);
      await sleep(delayMs, signal);
    }
  }
}
