import type { CallOptions } from '../transport/options.js';
import type { Call, Fields } from '../transport/request.js';
import type { Transport } from '../transport/transport.js';
import { type Page, Pages } from './pages.js';

/** Fields of a call and options of the client, which methods take as one object. */
type Mixed = CallOptions & Fields;

/** What the groups of methods share: they make calls with some fields already known. */
export class CallMaker {
  readonly #transport: Transport;
  readonly #known: Fields;

  constructor(transport: Transport, known: Fields = {}) {
    this.#transport = transport;
    this.#known = known;
  }

  call<Data>(call: Call, options: object, fields: Fields = {}, extraWaitMs = 0): Promise<Data> {
    const { signal, timeoutMs, idempotencyKey, retries, onRetry, traceparent, ...rest } =
      options as Mixed;
    return this.#transport.call(
      call,
      { ...this.#known, ...rest, ...fields },
      { signal, timeoutMs, idempotencyKey, retries, onRetry, traceparent },
      extraWaitMs,
    );
  }

  pages<Item>(call: Call, options: object, fields: Fields = {}): Pages<Item> {
    return new Pages(
      (cursor) => this.call<Page<Item>>(call, { ...options, cursor }, fields),
      (options as { cursor?: string }).cursor,
    );
  }
}
