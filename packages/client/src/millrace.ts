import { Account } from './api/account.js';
import { CallMaker } from './api/call-maker.js';
import { Queue } from './api/queue.js';
import { Queues } from './api/queues.js';
import { invalidOption } from './errors.js';
import type { StandardSchemaV1 } from './standard-schema.js';
import type { MillraceOptions } from './transport/options.js';
import { Transport } from './transport/transport.js';

export interface QueueOptions<Schema extends StandardSchemaV1> {
  /** Checks payloads when they are published and when they are received. */
  readonly schema: Schema;
}

/**
 * A client of one server and one key. It keeps no connection open and need not be closed.
 *
 * Names of fields are in camel case and keep the units of the contract: a `visibilityTimeout` is in
 * seconds, as `visibility_timeout` is. Payloads and headers are left alone.
 */
export class Millrace {
  readonly #transport: Transport;
  readonly queues: Queues;
  readonly account: Account;

  /** @throws MillraceError `INVALID_OPTION` */
  constructor(options: MillraceOptions = {}) {
    this.#transport = new Transport(options);
    const calls = new CallMaker(this.#transport);
    this.queues = new Queues(calls);
    this.account = new Account(calls);
  }

  /** The address of the server. */
  get baseUrl(): string {
    return this.#transport.baseUrl;
  }

  /** A queue whose payloads are checked and typed by a schema. */
  queue<Schema extends StandardSchemaV1>(
    name: string,
    options: QueueOptions<Schema>,
  ): Queue<StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>>;
  /** A queue whose payloads are typed, but not checked. */
  queue<Payload = unknown>(name: string): Queue<Payload>;
  queue(name: string, options?: QueueOptions<StandardSchemaV1>): Queue {
    if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/.test(name)) {
      throw invalidOption('a queue name must be 1 to 128 of A-Z a-z 0-9 . _ - and not . or ..');
    }
    return new Queue(name, new CallMaker(this.#transport, { queue: name }), options?.schema);
  }
}
