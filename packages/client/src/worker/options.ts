import { TIMER_MAX_MS, wholeWithin, within, withinIfGiven } from '../bounds.js';
import { LIMITS } from '../contract/limits.js';
import { finite } from '../transport/request.js';
import { reportFailure } from '../user-code.js';

export interface WorkerOptions {
  /** Handlers that run at once, 1 to 1,000. Default: 10. */
  readonly concurrency?: number | undefined;
  /** Seconds of a lease, which is extended while its handler runs. Default: that of the queue. */
  readonly visibilityTimeout?: number | undefined;
  /** After this time the handler's signal is aborted and the delivery has failed. Default: no limit. */
  readonly handlerTimeoutMs?: number | undefined;
  /**
   * Seconds until a failed message is delivered again.
   *
   * Default: 2 after the first delivery, doubling up to 300, minus a random part of up to a half.
   *
   * @param attempt the deliveries of the message so far, 1 for the first
   */
  readonly backoff?: ((attempt: number, error: unknown) => number) | undefined;
  /** Seconds that a fetch waits for a message, and so for which stop() may have to wait. Default: 5. */
  readonly waitSeconds?: number | undefined;
  /** How long stop() waits for running handlers before it aborts their signals. Default: 15,000. */
  readonly stopTimeoutMs?: number | undefined;
  /** Whether the worker starts by itself. Default: true. */
  readonly autoStart?: boolean | undefined;
  /** Whether SIGTERM and SIGINT stop the worker. Default: false. */
  readonly signals?: boolean | undefined;
  /** Serves /healthz and /readyz on this port (0 for a free one), in Node, Bun and Deno. */
  readonly probePort?: number | undefined;
  /** The address of that port. Default: all addresses. */
  readonly probeHost?: string | undefined;
}

export interface WorkerSettings {
  readonly concurrency: number;
  readonly visibilityTimeout: number | undefined;
  readonly handlerTimeoutMs: number | undefined;
  readonly backoff: (attempt: number, error: unknown) => number;
  readonly waitSeconds: number;
  readonly probePort: number | undefined;
  readonly stopTimeoutMs: number;
}

/** @throws MillraceError `INVALID_OPTION` */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  const { concurrency = 10, waitSeconds = 5, stopTimeoutMs = 15_000 } = options;
  const { visibilityTimeout, handlerTimeoutMs, backoff = exponentialBackoff } = options;
  return {
    concurrency: wholeWithin('concurrency', concurrency, 1, LIMITS.consumeMaxMessages),
    visibilityTimeout: withinIfGiven(
      'visibilityTimeout',
      visibilityTimeout,
      1,
      LIMITS.visibilityTimeoutMaxSeconds,
    ),
    handlerTimeoutMs: withinIfGiven('handlerTimeoutMs', handlerTimeoutMs, 1, TIMER_MAX_MS),
    backoff: (attempt, error) => delayWithin(delayOf(backoff, attempt, error)),
    waitSeconds: within('waitSeconds', waitSeconds, 0, LIMITS.waitMaxSeconds),
    probePort: withinIfGiven('probePort', options.probePort, 0, 65_535),
    stopTimeoutMs: within('stopTimeoutMs', stopTimeoutMs, 0, TIMER_MAX_MS),
  };
}

/** A backoff that throws, or gives no number, must not lose the failure that it was asked about. */
function delayOf(
  backoff: (attempt: number, error: unknown) => number,
  attempt: number,
  error: unknown,
): number {
  try {
    return finite('backoff', Number(backoff(attempt, error)));
  } catch (fault) {
    reportFailure('backoff', fault);
    return exponentialBackoff(attempt);
  }
}

const exponentialBackoff = (attempt: number): number =>
  Math.min(300, 2 ** attempt) * (1 - Math.random() / 2);

/** A delay as the server takes it: in bounds, and down to the millisecond. */
export function delayWithin(seconds: number): number {
  if (!(seconds > 0)) return 0;
  return Math.min(LIMITS.delayMaxSeconds, Math.round(seconds * 1_000) / 1_000);
}
