import { setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AnswerParser } from './answer-parser.js';
import { type LoadResult, LoadTally, type TallyLimits } from './load-tally.js';

/** A complete HTTP/1.1 request, head and body. */
export type RawRequest = Buffer | string;

/** What the connections send. A unit of work is one request, or several if `onBody` adds some. */
export interface LoadDriver {
  /** What must happen before the load begins; `generateLoad` does not call it. */
  prepare?(port: number): Promise<void>;
  /** The first request of a unit. */
  nextRequest(connectionIndex: number): RawRequest;
  /** Decides whether a 200 is a success; a body that it rejects counts as `nonSuccess`. */
  acceptBody?(body: Buffer, connectionIndex: number): boolean;
  /**
   * Gets the body of each success and returns the unit's next request, so that a connection can ack what
   * it has just consumed. `undefined` ends the unit. The bytes are valid only during the call.
   */
  onBody?(body: Buffer, connectionIndex: number): RawRequest | undefined;
  /** How many messages the unit that ends had, if that varies. */
  messages?(connectionIndex: number): number;
  /** Names the request under way, so that each kind is also timed separately. */
  step?(connectionIndex: number): string;
}

export interface LoadOptions extends TallyLimits, LoadDriver {
  port: number;
  connections: number;
  progress?: { everyMs: number; report(completed: number): void };
}

const READ_BUFFER_BYTES = 16 * 1024;
/** How long answers may take after the end of the run before their connections are cut. */
const DRAIN_MS = 10_000;

/**
 * A closed loop: each connection sends its next request when the answer to the last one has arrived. A
 * unit that has begun is completed, so no run leaves leased messages behind. It uses raw sockets,
 * because the generator shares the cores with the server that it measures.
 */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const tally = new LoadTally(options);
  const cutOff = AbortSignal.timeout(options.warmupMs + options.durationMs + DRAIN_MS);
  setMaxListeners(0, cutOff);
  const connections = Array.from({ length: options.connections }, (_, index) =>
    new Connection(index, options, tally, cutOff).drive(),
  );
  const { progress } = options;
  const ticker = progress && setInterval(() => progress.report(tally.completed), progress.everyMs);
  await Promise.all(connections);
  clearInterval(ticker);
  return tally.result();
}

/** One connection: a request after the other, until its turn does not come any more. */
class Connection {
  private readonly parser = new AnswerParser();
  private readonly socket: Socket;
  private unitFromMs = 0;
  private requestFromMs = 0;
  private isSettled = false;

  constructor(
    private readonly index: number,
    private readonly options: LoadOptions,
    private readonly tally: LoadTally,
    signal: AbortSignal,
  ) {
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    this.socket = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      signal,
      // Reading into one buffer skips the stream machinery and an allocation for each answer.
      onread: { buffer, callback: (byteCount) => this.read(buffer.subarray(0, byteCount)) },
    });
  }

  /** Resolves when the connection is closed. */
  drive(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('connect', () => this.startUnit(performance.now()));
      this.socket.once('error', (error) => this.finish(error));
      this.socket.once('close', () => {
        this.finish('the server closed the connection');
        resolve();
      });
    });
  }

  private read(chunk: Buffer): boolean {
    try {
      this.receive(chunk);
    } catch (error) {
      this.finish(error);
    }
    return true;
  }

  private startUnit(nowMs: number): void {
    if (!this.tally.takeTurn(nowMs)) {
      this.finish();
      return;
    }
    this.unitFromMs = nowMs;
    this.requestFromMs = nowMs;
    this.socket.write(this.options.nextRequest(this.index));
  }

  private receive(chunk: Buffer): void {
    const { options, tally, index } = this;
    const answer = this.parser.push(chunk);
    if (!answer) return;
    const nowMs = performance.now();
    const isOk = answer.status === 200;
    const accepted = isOk && (options.acceptBody?.(answer.body, index) ?? true);
    tally.recordAnswer(answer, accepted, nowMs);
    const step = accepted ? options.step?.(index) : undefined;
    if (step !== undefined) tally.recordStep(step, this.requestFromMs, nowMs);
    const followUp = accepted ? options.onBody?.(answer.body, index) : undefined;
    if (followUp !== undefined) {
      this.requestFromMs = nowMs;
      this.socket.write(followUp);
      return;
    }
    if (accepted) tally.recordUnit(this.unitFromMs, nowMs, options.messages?.(index));
    this.startUnit(nowMs);
  }

  private finish(error?: unknown): void {
    if (!this.isSettled && error !== undefined) this.tally.recordError(error);
    this.isSettled = true;
    this.socket.destroy();
  }
}
