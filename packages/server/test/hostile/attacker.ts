import type { Socket } from 'node:net';
import { request } from 'undici';
import { pause } from '../faults/load/pause.js';
import { openSocket, requestHead } from '../harness/raw-http.js';
import type { AttackJob, AttackResult } from './attack.js';

const KEPT_TEXTS = 30;
const CALL_TIMEOUT_MS = 30_000;
const SOCKETS_AT_ONCE = 200;

export interface RequestParts {
  /** The bearer secret; null sends none. Defaults to the attacker's key. */
  readonly key?: string | null;
  readonly headers?: Record<string, string | number>;
  readonly body?: string | Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: attacks read answers of every shape.
export type Answer = { readonly status: number; readonly body: any };

/** The tools of an attack: sockets, calls and the clock. It records violations. */
export class Attacker {
  readonly url: string;
  readonly key: string;
  readonly adminKey: string;
  readonly seconds: number;
  readonly index: number;
  private readonly sockets = new Set<Socket>();
  private readonly violations = new Set<string>();
  private readonly statuses = new Map<number, number>();
  private readonly notes: string[] = [];
  private endAtMs = Number.POSITIVE_INFINITY;

  constructor(private readonly job: AttackJob) {
    this.url = job.url;
    this.key = job.attackerKey;
    this.adminKey = job.adminKey;
    this.seconds = job.seconds;
    this.index = job.index;
  }

  /** The time of the attack counts from here. */
  begin(): void {
    this.endAtMs = performance.now() + this.seconds * 1_000;
  }

  get running(): boolean {
    return performance.now() < this.endAtMs;
  }

  /** This process's share of a number, in the long form and in the short one. */
  share(long: number, short: number): number {
    return Math.ceil((this.job.long ? long : short) / this.job.processes);
  }

  /** Records an expectation that was not met. */
  fail(text: string): void {
    if (this.violations.size < KEPT_TEXTS) this.violations.add(text);
  }

  note(text: string): void {
    if (this.notes.length < KEPT_TEXTS) this.notes.push(text);
  }

  /** The text of a request, as an honest client would send it. */
  requestOf(method: string, path: string, parts: RequestParts = {}): Buffer {
    const { key = this.key, headers = {}, body = '' } = parts;
    const head = requestHead(method, path, {
      ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
      ...(method === 'GET' ? {} : { 'Content-Length': Buffer.byteLength(body) }),
      ...headers,
    });
    return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body as string)]);
  }

  /** A socket that is not read, unless a method waits for its answer. */
  open(): Socket {
    const socket = openSocket(this.url);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
    this.sockets.add(socket);
    return socket;
  }

  /** The sockets that neither side has closed. */
  get openSockets(): number {
    return this.sockets.size;
  }

  /**
   * Opens this number of sockets, a few hundred at a time, since a backlog of connections is bounded.
   */
  async openMany(count: number, use: (socket: Socket, n: number) => void): Promise<void> {
    for (let n = 0; n < count && this.running; n += 1) {
      use(this.open(), n);
      if (n % SOCKETS_AT_ONCE === SOCKETS_AT_ONCE - 1) await pause(50);
    }
  }

  /** The status of the next answer on a socket; undefined when none came. */
  statusOf(socket: Socket, withinMs = CALL_TIMEOUT_MS): Promise<number | undefined> {
    return new Promise((resolve) => {
      let text = '';
      const finish = (status?: number): void => {
        clearTimeout(timer);
        socket.off('data', onData);
        socket.off('close', onClose);
        socket.off('end', onClose);
        if (status !== undefined) this.saw(status);
        resolve(status);
      };
      const onData = (chunk: Buffer): void => {
        text += chunk.subarray(0, 16).toString('latin1');
        const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
        if (status !== undefined) finish(Number(status));
      };
      const onClose = (): void => finish();
      const timer = setTimeout(finish, withinMs);
      socket.on('data', onData);
      socket.once('close', onClose);
      // The other side is done, and nobody closes a half-open socket.
      socket.once('end', onClose);
      if (socket.destroyed) finish();
    });
  }

  /** Sends bytes on a separate connection and waits for the status. */
  async ask(bytes: string | Uint8Array): Promise<number | undefined> {
    const socket = this.open();
    socket.write(bytes);
    const status = await this.statusOf(socket);
    socket.destroy();
    return status;
  }

  /** A call as an honest client makes it. */
  async call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    key = this.key,
  ): Promise<Answer> {
    const response = await request(this.url + path, {
      method,
      headersTimeout: CALL_TIMEOUT_MS,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.saw(response.statusCode);
    return { status: response.statusCode, body: await response.body.json() };
  }

  /** A call that must succeed for the attack to be meaningful. */
  async mustCall(path: string, body: unknown, key = this.key): Promise<Answer['body']> {
    const answer = await this.call('POST', path, body, key);
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body.error)}`);
    return answer.body.data;
  }

  /** Repeats a task, with a number of tasks at once and at most this many a second. */
  async loop(
    atOnce: number,
    task: (n: number) => Promise<unknown>,
    perSecond = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const startedAtMs = performance.now();
    let count = 0;
    const worker = async (): Promise<void> => {
      while (this.running) {
        const n = count;
        count += 1;
        const earlyMs = startedAtMs + (n / perSecond) * 1_000 - performance.now();
        if (earlyMs > 1) await pause(earlyMs);
        // A refused or broken call is no violation; the server may also be down.
        await task(n).catch(() => pause(20));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    this.note(`${count} times`);
  }

  /** Keeps its connections open until the attack ends. */
  async hold(): Promise<void> {
    await pause(Math.max(0, this.endAtMs - performance.now()));
  }

  /** Closes all open sockets. */
  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  result(): AttackResult {
    const seen = [...this.statuses].sort(([a], [b]) => a - b);
    const answers = seen.map(([status, count]) => `${count} × ${status}`).join(', ');
    return {
      violations: [...this.violations],
      notes: [...this.notes, ...(answers === '' ? [] : [`answers: ${answers}`])],
    };
  }

  /** No request of an attacker may cause a fault of the server. */
  private saw(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 500) this.fail('an answer was 500');
  }
}
