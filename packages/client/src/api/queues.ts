import { CALLS } from '../contract/calls.js';
import type { ListParams, ListReturns } from '../contract/types.js';
import type { CallOptions } from '../transport/options.js';
import type { CallMaker } from './call-maker.js';
import type { Pages } from './pages.js';

export type ListedQueue = ListReturns['items'][number];

/** The queues of the project that the key belongs to. */
export class Queues {
  readonly #calls: CallMaker;

  constructor(calls: CallMaker) {
    this.#calls = calls;
  }

  /** Lists them by name, with what `include` names: their counts, their activity in the last minute. */
  list(options: ListParams & CallOptions = {}): Pages<ListedQueue> {
    return this.#calls.pages(CALLS.list, options);
  }
}
