import { setTimeout as sleep } from 'node:timers/promises';
import { type CallOptions, MillraceError } from '@millrace/client';
import { BRIEF, LONG } from './session.js';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Repeats a call also where the client does not: after an answer that was lost, a call that has no key may
 * have had its effect. For a caller to whom that is no harm.
 */
export async function outlastingRestarts<Data>(
  call: () => Promise<Data>,
  signal: AbortSignal,
): Promise<Data> {
  let endAtMs = Number.POSITIVE_INFINITY;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    try {
      return await call();
    } catch (error) {
      const isLost = error instanceof MillraceError && error.retryable && error.mayHaveTakenEffect;
      // The budget begins with the first failure: a long poll may have taken most of it.
      endAtMs = Math.min(endAtMs, performance.now() + LONG.totalMs);
      if (!isLost || performance.now() + pauseMs > endAtMs) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** A call that is worth a last, short try when the signal has ended it. It must be one that can be repeated. */
export async function untilSignalThenBriefly<Data>(
  call: (options: CallOptions) => Promise<Data>,
  signal: AbortSignal,
): Promise<Data> {
  try {
    return await call({ signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    return call(BRIEF);
  }
}
