import { connect, type Socket } from 'node:net';
import { AnswerParser } from './answer-parser.js';
import type { LoadDriver, RawRequest } from './drivers/load-driver.js';
import type { LoadTally } from './load-tally.js';

const READ_BUFFER_BYTES = 16 * 1024;

/** What a connection tells the loop that owns it. */
export interface ConnectionOwner {
  /** The connection may be given a unit: it is open, or its last unit has ended. */
  onIdle(connection: UnitConnection, nowMs: number): void;
  onAnswer?(nowMs: number): void;
  /** A unit goes on with another request. */
  onFollowUp?(nowMs: number): void;
}

/**
 * One keep-alive connection that sends the requests of one unit, one after the other. It uses a raw
 * socket, because the generator shares the cores with the server that it measures.
 */
export class UnitConnection {
  private readonly parser = new AnswerParser();
  private readonly socket: Socket;
  private unitFromMs = 0;
  private requestFromMs = 0;
  private isSettled = false;
  /** False until its first unit has begun. */
  isUsed = false;
  /** Never rejects. */
  readonly closed: Promise<void>;

  constructor(
    private readonly index: number,
    private readonly driver: LoadDriver,
    private readonly tally: LoadTally,
    private readonly owner: ConnectionOwner,
    { port, signal }: { port: number; signal: AbortSignal },
  ) {
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    this.socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      signal,
      // Reading into one buffer skips the stream machinery and an allocation for each answer.
      onread: { buffer, callback: (byteCount) => this.read(buffer.subarray(0, byteCount)) },
    });
    this.socket.once('connect', () => this.owner.onIdle(this, performance.now()));
    this.socket.once('error', (error) => this.end(error));
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.end('the server closed the connection');
        resolve();
      });
    });
  }

  /** @param fromMs when the latency of the unit begins */
  startUnit(fromMs: number, nowMs: number): void {
    this.isUsed = true;
    this.unitFromMs = fromMs;
    this.send(this.driver.nextRequest(this.index), nowMs);
  }

  end(error?: unknown): void {
    if (!this.isSettled && error !== undefined) this.tally.recordError(error);
    this.isSettled = true;
    this.socket.destroy();
  }

  private send(request: RawRequest, nowMs: number): void {
    this.requestFromMs = nowMs;
    this.socket.write(request);
  }

  private read(chunk: Buffer): boolean {
    try {
      this.receive(chunk);
    } catch (error) {
      this.end(error);
    }
    return true;
  }

  private receive(chunk: Buffer): void {
    const { driver, tally, index } = this;
    const answer = this.parser.push(chunk);
    if (!answer) return;
    const nowMs = performance.now();
    this.owner.onAnswer?.(nowMs);
    const isOk = answer.status === 200;
    const accepted = isOk && (driver.acceptBody?.(answer.body, index) ?? true);
    tally.recordAnswer(answer, accepted, nowMs);
    const step = accepted ? driver.step?.(index) : undefined;
    if (step !== undefined) tally.recordStep(step, this.requestFromMs, nowMs);
    const followUp = accepted ? driver.onBody?.(answer.body, index) : undefined;
    if (followUp !== undefined) {
      this.owner.onFollowUp?.(nowMs);
      this.send(followUp, nowMs);
      return;
    }
    if (accepted) tally.recordUnit(this.unitFromMs, nowMs, driver.messages?.(index));
    this.owner.onIdle(this, nowMs);
  }
}
