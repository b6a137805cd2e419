import type { Dispatcher } from 'undici';
import { type Clock, monotonicMs } from '../../core/clock.js';
import { isOfStaleConnection } from '../egress/answer-starts.js';
import { type PushError, PushFault, pushErrorOf } from '../egress/push-error.js';
import type { Limited } from './deadlines.js';
import { retryAfterMs } from './retry-after.js';

/** The outcome of an attempt; `retryAfterMs` is null for a success, and if the receiver gave no time. */
export type PushOutcome =
  | { readonly status: number; readonly retryAfterMs: number | null; readonly durationMs: number }
  | { readonly error: PushError; readonly durationMs: number };

const ANSWER_MAX_BYTES = 16 * 1024;

/**
 * One request and its answer, as a handler of undici. It works at this level because a stream for each
 * answer, of which only the length is needed, would cost more than the rest of the exchange.
 */
export class Exchange implements Dispatcher.DispatchHandler, Limited {
  readonly deadlineMs: number;
  index = -1;
  private readonly startMs = monotonicMs();
  private controller: Dispatcher.DispatchController | undefined;
  /** The status of the answer; 0 until it has arrived. */
  private status = 0;
  private retryAfterMs: number | null = null;
  private readBytes = 0;
  private ended = false;

  constructor(
    private readonly clock: Clock,
    timeoutMs: number,
    /** Called exactly once. */
    private readonly end: (outcome: PushOutcome) => void,
    /** Sends the request again, on a new connection; called at most once. */
    private sendAgain: (() => void) | undefined = undefined,
  ) {
    this.deadlineMs = this.startMs + timeoutMs;
  }

  /** Ends the exchange now. If undici still waits for a connection, it is aborted when it has one. */
  callOff(error: PushError): void {
    const fault = new PushFault(error);
    this.fail(fault);
    this.controller?.abort(fault);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.ended) controller.abort(new PushFault('cancelled'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.status = status;
    // A 204 has no body, so it is complete; a receiver that sends one anyway has done the work.
    if (status === 204) this.finish(null);
    if (this.isRefused) {
      this.retryAfterMs = retryAfterMs(headers['retry-after'], this.clock.nowMs());
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.readBytes += chunk.length;
    if (this.readBytes < ANSWER_MAX_BYTES) return;
    // This is enough of an answer. The connection is not kept, because the rest would arrive on it.
    this.finish(null);
    controller.abort(new PushFault('cancelled'));
  }

  onResponseEnd(): void {
    this.finish(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { sendAgain } = this;
    if (this.ended || sendAgain === undefined || !isOfStaleConnection(error)) {
      this.fail(error);
      return;
    }
    this.sendAgain = undefined;
    this.controller = undefined;
    sendAgain();
  }

  private get isRefused(): boolean {
    return this.status >= 300;
  }

  /**
   * A refusal counts as soon as its status has arrived. A success counts only when the answer is
   * complete, because a receiver that breaks off in the middle may not have done the work.
   */
  private fail(error: Error): void {
    this.finish(this.isRefused ? null : pushErrorOf(error));
  }

  /** @param error null if the answer counts */
  private finish(error: PushError | null): void {
    if (this.ended) return;
    this.ended = true;
    const { status, retryAfterMs } = this;
    const durationMs = Math.round(monotonicMs() - this.startMs);
    this.end(error === null ? { status, retryAfterMs, durationMs } : { error, durationMs });
  }
}
