import { CALLS } from '../contract/calls.js';
import type {
  DlqListParams,
  DlqPurgeParams,
  DlqPurgeReturns,
  DlqRedriveParams,
  DlqRedriveReturns,
  QueueMessage,
} from '../contract/types.js';
import type { CallOptions } from '../transport/options.js';
import type { CallMaker } from './call-maker.js';
import type { Pages } from './pages.js';

/** The dead letters that came from a queue, whichever queue keeps them. */
export class DeadLetters<T = unknown> {
  readonly #calls: CallMaker;

  constructor(calls: CallMaker) {
    this.#calls = calls;
  }

  /** Lists them, oldest first. */
  list(options: DlqListParams & CallOptions = {}): Pages<QueueMessage<T>> {
    return this.#calls.pages(CALLS.dlqList, options);
  }

  /** Sends them back to their queue: one, those since a time, or all. */
  redrive(options: DlqRedriveParams & CallOptions = {}): Promise<DlqRedriveReturns> {
    return this.#calls.call(CALLS.dlqRedrive, options);
  }

  /** Removes one or all. */
  purge(options: DlqPurgeParams & CallOptions = {}): Promise<DlqPurgeReturns> {
    return this.#calls.call(CALLS.dlqPurge, options);
  }
}
