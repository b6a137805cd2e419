import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.js';
import { type PushError, PushFault, pushErrorOf } from './push-error.js';
import { retryAfterMs } from './retry-after.js';

export interface Answered {
  readonly status: number;
  /** Null for a success, and where the receiver did not say. */
  readonly retryAfterMs: number | null;
}

export type ExchangeResult = Answered | { readonly error: PushError };

const ANSWER_MAX_BYTES = 16 * 1024;

/**
 * One request and its answer, as undici tells of them. It listens at this level because a stream for
 * each answer, of which only the length is wanted, costs more than the rest of the exchange.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private answer: Answered | undefined;
  private isRefused = false;
  private readBytes = 0;
  private ended = false;

  constructor(
    private readonly clock: Clock,
    /** Called once. */
    private readonly end: (result: ExchangeResult) => void,
  ) {}

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
    this.isRefused = status >= 300;
    const waitMs = this.isRefused ? retryAfterMs(headers['retry-after'], this.clock.nowMs()) : null;
    this.answer = { status, retryAfterMs: waitMs };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.readBytes += chunk.length;
    if (this.readBytes < ANSWER_MAX_BYTES) return;
    // So much is enough of an answer; the connection, on which the rest would come, is not kept.
    this.finish(this.answer as Answered);
    controller.abort(new PushFault('cancelled'));
  }

  onResponseEnd(): void {
    this.finish(this.answer as Answered);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  /**
   * A refusal counts as soon as it is there. A success counts when the answer is whole, because a
   * receiver that breaks off in the middle of one may not have done the work.
   */
  private fail(error: Error): void {
    const { answer } = this;
    this.finish(this.isRefused && answer ? answer : { error: pushErrorOf(error) });
  }

  private finish(result: ExchangeResult): void {
    if (this.ended) return;
    this.ended = true;
    this.end(result);
  }
}
