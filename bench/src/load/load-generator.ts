import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { AnswerParser } from './answer-parser.js';
import { type LoadResult, LoadTally, type TallyLimits } from './load-tally.js';

/** A complete HTTP/1.1 request, head and body. */
export type RawRequest = Buffer | string;

/** What the connections send. A unit of work is one request, or several if `onBody` adds some. */
export interface LoadDriver {
  /** The first request of a unit. */
  nextRequest(connectionIndex: number): RawRequest;
  /** Decides whether a 200 is a success; a body that it rejects counts as `nonSuccess`. */
  acceptBody?(body: Buffer, connectionIndex: number): boolean;
  /**
   * Gets the body of each success and returns the unit's next request, so that a connection can ack what
   * it has just consumed. `undefined` ends the unit. The bytes are valid only during the call.
   */
  onBody?(body: Buffer, connectionIndex: number): RawRequest | undefined;
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
    driveConnection(index, options, tally, cutOff),
  );
  const { progress } = options;
  const ticker = progress && setInterval(() => progress.report(tally.completed), progress.everyMs);
  await Promise.all(connections);
  clearInterval(ticker);
  return tally.result();
}

function driveConnection(
  connectionIndex: number,
  options: LoadOptions,
  tally: LoadTally,
  signal: AbortSignal,
): Promise<void> {
  const parser = new AnswerParser();
  const readBuffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
  let unitFromMs = 0;
  let requestFromMs = 0;
  let settled = false;

  const socket = connect({
    host: '127.0.0.1',
    port: options.port,
    noDelay: true,
    signal,
    // Reading into one buffer skips the stream machinery and an allocation for each answer.
    onread: {
      buffer: readBuffer,
      callback: (byteCount) => {
        try {
          receive(readBuffer.subarray(0, byteCount));
        } catch (error) {
          finish(error);
        }
        return true;
      },
    },
  });

  function startUnit(nowMs: number): void {
    if (!tally.takeTurn(nowMs)) {
      finish();
      return;
    }
    unitFromMs = nowMs;
    requestFromMs = nowMs;
    socket.write(options.nextRequest(connectionIndex));
  }

  function receive(chunk: Buffer): void {
    const answer = parser.push(chunk);
    if (!answer) return;
    const nowMs = performance.now();
    const isOk = answer.status === 200;
    const accepted = isOk && (options.acceptBody?.(answer.body, connectionIndex) ?? true);
    tally.recordAnswer(answer, accepted);
    const step = accepted ? options.step?.(connectionIndex) : undefined;
    if (step !== undefined) tally.recordStep(step, requestFromMs, nowMs);
    const followUp = accepted ? options.onBody?.(answer.body, connectionIndex) : undefined;
    if (followUp !== undefined) {
      requestFromMs = nowMs;
      socket.write(followUp);
      return;
    }
    if (accepted) tally.recordUnit(unitFromMs, nowMs);
    startUnit(nowMs);
  }

  function finish(error?: unknown): void {
    if (!settled && error !== undefined) tally.recordError(error);
    settled = true;
    socket.destroy();
  }

  return new Promise((resolve) => {
    socket.once('connect', () => startUnit(performance.now()));
    socket.once('error', finish);
    socket.once('close', () => {
      finish('the server closed the connection');
      resolve();
    });
  });
}
