import type { Millrace, RetryOptions } from '@millrace/client';
import { findContext } from '../contexts/contexts.js';
import { Output } from '../output/output.js';
import { type Connection, connectionOf } from './connection.js';
import type { ConnectionOptions } from './connection-options.js';
import { untilInterrupted } from './interrupt.js';

/** A person waits for an answer, so a call gives up sooner than in a program. */
const SHORT: RetryOptions = { maxAttempts: 3, totalMs: 5_000 };
/** Verbs that go on for long outlast a restart of the server. */
export const LONG = { maxAttempts: 20, totalMs: 60_000 } as const satisfies RetryOptions;

/** For what a verb does at its end, whether a signal or a failure brought it: whoever waits has waited. */
export const BRIEF = { retries: { maxAttempts: 3, totalMs: 2_000 }, timeoutMs: 3_000 } as const;

/** What the run of one verb has: its output, its server, and the signal that ends it. */
export class Session {
  readonly out: Output;
  readonly #options: ConnectionOptions;
  #interrupted: AbortSignal | undefined;

  constructor(options: ConnectionOptions, isJson: boolean) {
    this.#options = options;
    this.out = new Output(isJson);
  }

  get connection(): Connection {
    return connectionOf(this.#options, process.env, findContext);
  }

  /** The client of the server. It is loaded when it is needed. */
  readonly client = (): Promise<Millrace> => this.#makeClient(SHORT);

  /** A client for verbs that go on for long. */
  readonly patientClient = (): Promise<Millrace> => this.#makeClient(LONG);

  /** The same for verbs that look into no payload: keeping the texts of payloads takes time. */
  readonly fastClient = (): Promise<Millrace> =>
    this.#makeClient(LONG, { keepsPayloadTexts: false });

  /** Ends when a signal asks the process to end. A verb that asks for it must end by itself then. */
  get interrupted(): AbortSignal {
    this.#interrupted ??= untilInterrupted();
    return this.#interrupted;
  }

  async #makeClient(
    retries: RetryOptions,
    { keepsPayloadTexts } = { keepsPayloadTexts: true },
  ): Promise<Millrace> {
    const { makeClient } = await import('./client.js');
    const warn = (line: string): void => this.out.note(line);
    const { timeout: timeoutSeconds } = this.#options;
    return makeClient(this.connection, { retries, timeoutSeconds, keepsPayloadTexts, warn });
  }
}
