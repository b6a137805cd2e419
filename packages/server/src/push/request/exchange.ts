import type { Dispatcher } from 'undici';
import { type Clock, monotonicMs } from '../../core/clock.js';
import { isOfStaleConnection } from '../egress/answer-starts.js';
import { type PushError, PushFault, pushErrorOf } from '../egress/push-error.js';
import type { Limited } from './deadlines.js';
import { retryAfterMs } from './retry-after.js';

/** What an attempt came to; `retryAfterMs` is null for a success, and where the receiver did not say. */
export type PushOutcome =
  | { readonly status: number; readonly retryAfterMs: number | null; readonly durationMs: number }
  | { readonly error: PushError; readonly durationMs: number };

const ANSWER_MAX_BYTES = 16 * 1024;

/**
 * One request and its answer, as undici tells of them. It listens at this level because a stream for
 * each answer, of which only the length is wanted, costs more than the rest of the exchange.
 */
export class Exchange implements Dispatcher.DispatchHandler, Limited {
  readonly deadlineMs: number;
  index = -1;
  private readonly startMs = monotonicMs();
  private controller: Dispatcher.DispatchController | undefined;
  /** Of the answer; 0 until it has come. */
  private status = 0;
  private retryAfterMs: number | null = null;
  private readBytes = 0;
  private ended = false;

  constructor(
    private readonly clock: Clock,
    timeoutMs: number,
    /** Called once. */
    private readonly end: (outcome: PushOutcome) => void,
    /** Sends the request on a connection of its own; called once at most. */
    private sendAgain: (() => void) | undefined = undefined,
  ) {
    this.deadlineMs = this.startMs + timeoutMs;
  }

  /** Ends it now. undici may still wait for a connection: then it is told when it has one. */
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
    // It has no body, and is whole; a receiver that sends one all the same has done the work.
    if (status === 204) this.finish(null);
    if (this.isRefused) {
      this.retryAfterMs = retryAfterMs(headers['retry-after'], this.clock.nowMs());
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.readBytes += chunk.length;
    if (this.readBytes < ANSWER_MAX_BYTES) return;
    // So much is enough of an answer; the connection, on which the rest would come, is not kept.
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
   * A refusal counts as soon as it is there. A success counts when the answer is whole, because a
   * receiver that breaks off in the middle of one may not have done the work.
   */
  private fail(error: Error): void {
    this.finish(this.isRefused ? null : pushErrorOf(error));
  }

  /** @param error null where the answer counts */
  private finish(error: PushError | null): void {
    if (this.ended) return;
    this.ended = true;
    const { status, retryAfterMs } = this;
    const durationMs = Math.round(monotonicMs() - this.startMs);
    this.end(error === null ? { status, retryAfterMs, durationMs } : { error, durationMs });
  }
}
