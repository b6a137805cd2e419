import { finite } from '../transport/request.js';

/** Thrown by a handler: the message is delivered again, after a delay that the handler chooses. */
export class Retry extends Error {
  override readonly name = 'Retry';
  /** Seconds until then; without it the worker's backoff decides. */
  readonly delaySeconds: number | undefined;

  /** @throws MillraceError `INVALID_OPTION` for a delay that is no number: it would be a retry at once */
  constructor(
    message: string,
    options: { readonly delaySeconds?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.delaySeconds = finite('delaySeconds', options.delaySeconds);
  }
}

/** Thrown by a handler: no retry can help, so the message becomes a dead letter at once. */
export class Reject extends Error {
  override readonly name = 'Reject';
}

export type AbortCode =
  /** Somebody else may have the message now, or it is gone. Nothing is settled. */
  | 'LEASE_LOST'
  /** The handler took longer than `handlerTimeoutMs`. The delivery counts as failed. */
  | 'TIME_LIMIT'
  /** The worker stops. The message is returned without a failure. */
  | 'STOPPING';

/** The reason of a handler's signal. */
export class HandlerAborted extends Error {
  override readonly name = 'HandlerAborted';

  constructor(
    readonly code: AbortCode,
    message: string,
  ) {
    super(message);
  }
}

/** How a delivery ends. */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'nack'; readonly error: unknown; readonly delaySeconds: number }
  | { readonly kind: 'reject'; readonly error: unknown }
  | { readonly kind: 'release' }
  | { readonly kind: 'none' };

/** What follows when a handler has thrown. */
export function outcomeOfFailure(
  error: unknown,
  aborted: AbortCode | undefined,
  backoffSeconds: () => number,
): Outcome {
  if (aborted === 'LEASE_LOST') return { kind: 'none' };
  if (error instanceof Reject) return { kind: 'reject', error };
  if (error instanceof Retry) {
    return { kind: 'nack', error, delaySeconds: error.delaySeconds ?? backoffSeconds() };
  }
  // Whatever a handler throws once it is told to stop is not a failure of its message.
  if (aborted === 'STOPPING') return { kind: 'release' };
  return { kind: 'nack', error, delaySeconds: backoffSeconds() };
}
