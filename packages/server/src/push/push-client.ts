import { promises as dns } from 'node:dns';
import type { Readable } from 'node:stream';
import { Agent } from 'undici';
import { type Clock, monotonicMs, setSystemTimer } from '../core/clock.js';
import { trustOf } from './certificate-authorities.js';
import { CutOff } from './cut-off.js';
import { GuardedConnector, type Lookup } from './guarded-connector.js';
import type { Networks } from './networks.js';
import { type PushError, PushFault, pushErrorOf } from './push-error.js';
import { judgeUrl, type UrlVerdict } from './push-url.js';
import { retryAfterMs } from './retry-after.js';

export interface PushClientOptions {
  readonly networks: Networks;
  readonly clock: Clock;
  /** More certificate authorities, in PEM form. */
  readonly ca?: readonly string[];
  readonly lookup?: Lookup;
  /** Name lookup, connection and TLS handshake together. */
  readonly connectTimeoutMs?: number;
  /** Further posts to the same origin wait for a connection, in the time of their own attempt. */
  readonly connectionsPerOrigin?: number;
}

export interface PushRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Of the whole attempt, from the lookup to the end of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface PushAnswer {
  readonly status: number;
  /** Null for a success, and where the receiver did not say. */
  readonly retryAfterMs: number | null;
  readonly durationMs: number;
}

export type PushOutcome = PushAnswer | { readonly error: PushError; readonly durationMs: number };

const VERDICTS_MAX = 1_000;
const ANSWER_MAX_BYTES = 16 * 1024;

const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true, verbatim: true });

/**
 * Sends one POST per call: no redirect is followed, no proxy used, nothing sent twice, no answer
 * decompressed. A receiver cannot make it throw, and cannot hold it beyond the timeout.
 */
export class PushClient {
  private readonly connector: GuardedConnector;
  private readonly agent: Agent;
  private readonly underWay = new Set<CutOff>();
  private readonly verdicts = new Map<string, UrlVerdict>();
  private closed = false;

  /** @throws Error when an authority is no certificate */
  constructor(private readonly options: PushClientOptions) {
    this.connector = new GuardedConnector({
      networks: options.networks,
      lookup: options.lookup ?? systemLookup,
      trust: trustOf(options.ca ?? []),
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    });
    // An Agent of its own: undici's global one may have been set to use a proxy.
    this.agent = new Agent({
      connect: this.connector.connect,
      connections: options.connectionsPerOrigin ?? 1_024,
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: 16 * 1024,
      keepAliveTimeout: 4_000,
      // A name that moved is followed soon, however long a receiver would keep the connection.
      keepAliveMaxTimeout: 30_000,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async post(request: PushRequest): Promise<PushOutcome> {
    const startMs = monotonicMs();
    const cut = new CutOff();
    const cancel = () => cut.abort('cancelled');
    const cancelTimer = setSystemTimer(() => cut.abort('timeout'), request.timeoutMs);
    request.signal?.addEventListener('abort', cancel, { once: true });
    if (this.closed || request.signal?.aborted) cancel();
    this.underWay.add(cut);
    const result = await this.exchange(request, cut);
    this.underWay.delete(cut);
    request.signal?.removeEventListener('abort', cancel);
    cancelTimer();
    return { ...result, durationMs: Math.round(monotonicMs() - startMs) };
  }

  /** Posts under way end as cancelled; who wants to let them end waits for them first. */
  async close(): Promise<void> {
    this.closed = true;
    for (const cut of this.underWay) cut.abort('cancelled');
    this.connector.close();
    await this.agent.destroy();
  }

  private judge(url: string): UrlVerdict {
    let verdict = this.verdicts.get(url);
    if (verdict === undefined) {
      verdict = judgeUrl(url, this.options.networks);
      if (this.verdicts.size >= VERDICTS_MAX) this.verdicts.clear();
      this.verdicts.set(url, verdict);
    }
    return verdict;
  }

  private async exchange(
    request: PushRequest,
    cut: CutOff,
  ): Promise<Omit<PushAnswer, 'durationMs'> | { error: PushError }> {
    // Judged again: the networks may have changed since the subscription was made.
    const judged = this.judge(request.url);
    if (judged.verdict !== 'ok') return { error: 'url not allowed' };
    let failure: Omit<PushAnswer, 'durationMs'> | undefined;
    const answer = async () => {
      if (cut.aborted) throw cut.reason;
      const { origin, pathname, search } = judged.url;
      const response = await this.agent.request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers: { ...request.headers },
        body: request.body,
        signal: cut,
      });
      const status = response.statusCode;
      const isSuccess = status >= 200 && status < 300;
      const asked = response.headers['retry-after'];
      const waitMs = isSuccess ? null : retryAfterMs(asked, this.options.clock.nowMs());
      const result = { status, retryAfterMs: waitMs };
      if (!isSuccess) failure = result;
      await readToLimit(response.body);
      return result;
    };
    return new Promise((resolve) => {
      // A refusal counts as soon as it is there. A success counts when the answer is whole, because
      // a receiver that breaks off in the middle of one may not have done the work.
      const fail = (error: unknown) => resolve(failure ?? { error: pushErrorOf(error) });
      // undici looks at the signal only once it has a connection, so it alone would come late.
      cut.once('abort', () => fail(cut.reason));
      answer().then(resolve, fail);
    });
  }
}

/**
 * Reads to the end, after which the connection is kept, or to the limit, after which it is not. By
 * events, because an iterator costs a promise or two for each piece.
 */
function readToLimit(body: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    let readBytes = 0;
    body.on('data', (chunk: Buffer) => {
      readBytes += chunk.length;
      if (readBytes < ANSWER_MAX_BYTES) return;
      resolve();
      body.destroy();
    });
    body.once('end', resolve);
    body.once('error', reject);
    body.once('close', () => {
      if (!body.readableEnded) reject(new PushFault('connection closed'));
    });
  });
}
