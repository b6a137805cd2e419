import { createWriteStream, type WriteStream } from 'node:fs';
import type {
  Answers,
  CallName,
  EndedEvent,
  LedgerEvent,
  Outcome,
  Requests,
  ServerEvent,
  StartedEvent,
} from './ledger-events.js';

/**
 * The test's own record of every call and its answer. It is kept apart from the server, so that a server
 * that is wrong about its actions cannot also be wrong here.
 */
export class Ledger {
  readonly events: LedgerEvent[] = [];
  readonly #nowMs: () => number;
  readonly #file: WriteStream | undefined;
  #lastCallId = 0;

  constructor(options: { nowMs?: () => number; path?: string } = {}) {
    // A monotonic clock: a jump of wall time must not look like a lease that ended early.
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#file = options.path === undefined ? undefined : createWriteStream(options.path);
  }

  started<N extends CallName>(node: number, name: N, request: Requests[N]): number {
    this.#lastCallId += 1;
    const callId = this.#lastCallId;
    const event = { kind: 'started', callId, atMs: this.#nowMs(), node, name, request };
    this.#record(event as StartedEvent);
    return callId;
  }

  ended<N extends CallName>(callId: number, name: N, outcome: Outcome<Answers[N]>): void {
    this.#record({ kind: 'ended', callId, atMs: this.#nowMs(), name, outcome } as EndedEvent);
  }

  serverChanged(node: number, change: ServerEvent['change']): void {
    this.#record({ kind: 'server', atMs: this.#nowMs(), node, change });
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    await new Promise<void>((resolve, reject) => {
      file.once('error', reject);
      file.end(resolve);
    });
  }

  #record(event: LedgerEvent): void {
    this.events.push(event);
    this.#file?.write(`${JSON.stringify(event)}\n`);
  }
}
