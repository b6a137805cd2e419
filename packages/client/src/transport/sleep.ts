import { TIMER_MAX_MS } from '../bounds.js';

/** Lets everything run that is ready, which a resolved promise would not. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (done: () => void) => void };
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

const watched = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal is aborted. A signal gets one listener however many calls share it, because
 * Node warns of more than ten.
 *
 * @returns a function that forgets the callback
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = watched.get(signal) ?? watch(signal);
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}

function watch(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  watched.set(signal, callbacks);
  const aborted = (): void => {
    for (const call of callbacks) call();
  };
  signal.addEventListener('abort', aborted, { once: true });
  return callbacks;
}

/** Waits, or fails at once with the reason of the signal when it is aborted. */
export function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const forget =
      signal &&
      onAbort(signal, () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    const timer = setTimeout(
      () => {
        forget?.();
        resolve();
      },
      // A timer that cannot wait for so long would end at once.
      Math.min(durationMs, TIMER_MAX_MS),
    );
  });
}
