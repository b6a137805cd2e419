import type { Millrace, RetryOptions } from '@millrace/client';
import { findContext } from '../contexts/contexts.js';
import { Output } from '../output/output.js';
import { type Connection, connectionOf } from './connection.js';
import type { ConnectionOptions } from './connection-options.js';

/** A person waits for an answer, so a call gives up sooner than in a program. */
const RETRIES: RetryOptions = { maxAttempts: 3, totalMs: 5_000 };

/** What the run of one verb has: its output, and the client of its server. */
export class Session {
  readonly out: Output;
  readonly #options: ConnectionOptions;
  #client: Millrace | undefined;

  constructor(options: ConnectionOptions, isJson: boolean) {
    this.#options = options;
    this.out = new Output(isJson);
  }

  get connection(): Connection {
    return connectionOf(this.#options, process.env, findContext);
  }

  /** The client of the server. It is loaded when it is first needed. */
  readonly client = async (): Promise<Millrace> => {
    if (this.#client === undefined) {
      const { makeClient } = await import('./client.js');
      this.#client = makeClient(this.connection, RETRIES, this.#options.timeout, (line) =>
        this.out.note(line),
      );
    }
    return this.#client;
  };
}
