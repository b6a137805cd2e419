import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { AnswerParser } from './answer-parser.js';
import { type LoadResult, LoadTally, type TallyLimits } from './load-tally.js';

/** One whole HTTP/1.1 request, head and body. */
export type RawRequest = Buffer | string;

export interface LoadOptions extends TallyLimits {
  port: number;
  connections: number;
  nextRequest(connectionIndex: number, requestIndex: number): RawRequest;
  /** Says whether a 200 is a success; a body it turns down counts as `nonSuccess`. */
  acceptBody?(body: Buffer): boolean;
  /**
   * Sees each body before the next request; what it returns is sent instead of `nextRequest`, so
   * a connection can ack what it has just consumed. The bytes are valid only during the call.
   */
  onBody?(body: Buffer, connectionIndex: number): RawRequest | undefined;
}

const READ_BUFFER_BYTES = 16 * 1024;
/** How long answers may take after the end of the run before their connections are cut. */
const DRAIN_MS = 10_000;

/**
 * A closed loop: each connection sends its next request when the answer to the last one is in.
 * Raw sockets, because the generator shares its cores with the server that it measures.
 */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const tally = new LoadTally(options);
  const cutOff = AbortSignal.timeout(options.warmupMs + options.durationMs + DRAIN_MS);
  setMaxListeners(0, cutOff);
  const connections = Array.from({ length: options.connections }, (_, index) =>
    driveConnection(index, options, tally, cutOff),
  );
  await Promise.all(connections);
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
  let requestIndex = 0;
  let sentAtMs = 0;
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

  function sendNext(nowMs: number, followUp: RawRequest | undefined): void {
    if (!tally.takeTurn(nowMs)) {
      finish();
      return;
    }
    sentAtMs = nowMs;
    socket.write(followUp ?? options.nextRequest(connectionIndex, requestIndex));
    requestIndex += 1;
  }

  function receive(chunk: Buffer): void {
    const answer = parser.push(chunk);
    if (!answer) return;
    const nowMs = performance.now();
    const accepted = answer.status === 200 && (options.acceptBody?.(answer.body) ?? true);
    tally.recordAnswer(answer, accepted, sentAtMs, nowMs);
    sendNext(nowMs, options.onBody?.(answer.body, connectionIndex));
  }

  function finish(error?: unknown): void {
    if (!settled && error !== undefined) tally.recordError(error);
    settled = true;
    socket.destroy();
  }

  return new Promise((resolve) => {
    socket.once('connect', () => sendNext(performance.now(), undefined));
    socket.once('error', finish);
    socket.once('close', () => {
      finish('the server closed the connection');
      resolve();
    });
  });
}
