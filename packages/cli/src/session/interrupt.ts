import { setMaxListeners } from 'node:events';
import { Interrupted } from '../errors.js';

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof SIGNALS;

/**
 * Turns the first signal that would end the process into the end of an AbortSignal, whose reason is
 * `Interrupted`, so that a verb can give back what it holds. A second signal ends the process at once.
 */
export function untilInterrupted(): AbortSignal {
  const ending = controller();
  const onSignal = (signal: StopSignal): void => {
    if (ending.signal.aborted) process.exit(SIGNALS[signal]);
    ending.abort(new Interrupted(signal, SIGNALS[signal]));
  };
  for (const signal of Object.keys(SIGNALS) as StopSignal[]) process.on(signal, onSignal);
  return ending.signal;
}

/** Waits for a promise, or until the signal. A plain race would leave something behind at each call. */
export const orAborted = (promise: Promise<unknown>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return resolve();
    const aborted = (): void => resolve();
    signal.addEventListener('abort', aborted, { once: true });
    promise
      .finally(() => signal.removeEventListener('abort', aborted))
      .then(() => resolve(), reject);
  });

const GRACE_MS = 3_000;

/** Ends a moment after the signal, for calls whose outcome is worth a short wait. */
export function afterGrace(signal: AbortSignal): AbortSignal {
  const ending = controller();
  const begin = (): void => void setTimeout(() => ending.abort(signal.reason), GRACE_MS).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return ending.signal;
}

/** Node warns of a leak at the eleventh call that waits for the same signal. */
function controller(): AbortController {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  return ending;
}
