import http from 'node:http';
import type { WireRequest } from './wire-format.js';

export interface HttpAnswer {
  readonly status: number;
  /** The header Retry-After; null when the answer has none. */
  readonly retryAfter: string | null;
  readonly text: string;
}

/** No complete answer arrived. `sent` is false only when the request certainly never left. */
export class ExchangeError extends Error {
  constructor(
    readonly reason: string,
    readonly sent: boolean,
  ) {
    super(reason);
  }
}

/**
 * Sends one request over kept-alive connections, never twice: a client that retries by itself would hide
 * from the ledger how often a call was made.
 */
export class HttpExchange {
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #underWay = new Set<() => void>();
  readonly #baseUrl: string;
  readonly #apiKey: string;

  constructor(baseUrl: string, apiKey: string) {
    this.#baseUrl = baseUrl;
    this.#apiKey = apiKey;
  }

  send({ method, path, body }: WireRequest, timeoutMs: number): Promise<HttpAnswer> {
    const headers: http.OutgoingHttpHeaders = { authorization: `Bearer ${this.#apiKey}` };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(body);
    }
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.#baseUrl);
      const request = http.request(url, { agent: this.#agent, method, headers });
      const giveUp = (): void => {
        reject(new ExchangeError('timeout', true));
        request.destroy();
      };
      const timer = setTimeout(giveUp, timeoutMs);
      this.#underWay.add(giveUp);
      const fail = (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const reason = error.code ?? error.message;
        reject(new ExchangeError(reason, reason !== 'ECONNREFUSED'));
      };
      request.on('error', fail);
      request.on('close', () => this.#underWay.delete(giveUp));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString('utf8');
          const retryAfter = response.headers['retry-after'] ?? null;
          resolve({ status: response.statusCode ?? 0, retryAfter, text });
        });
      });
      request.end(body);
    });
  }

  /** Stops waiting for the outstanding answers. */
  giveUp(): void {
    for (const giveUp of this.#underWay) giveUp();
  }

  close(): void {
    this.#agent.destroy();
  }
}
