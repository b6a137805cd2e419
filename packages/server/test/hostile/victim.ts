import { Client, Pool } from 'undici';
import { pause } from '../faults/load/pause.js';

export interface Measured {
  readonly calls: number;
  /** The answers other than 200, as texts. */
  readonly refusals: readonly string[];
  readonly p99Ms: number;
}

const CYCLES_PER_SECOND = 50;
const CONNECTIONS = 4;
/** Every nth cycle has a new connection, like a client that has just started. */
const FRESH_EVERY = 10;
/** Every nth cycle also reads the counts. */
const READ_EVERY = 3;
/** Every nth cycle creates a key for the project and revokes it. */
const ADMINISTERED_EVERY = 50;
const WAITING_CYCLES_MAX = 500;
const ANSWER_TIMEOUT_MS = 15_000;

/**
 * The other project: it publishes, consumes and acks at a moderate pace that does not slow down with the
 * server, so that waiting calls are measured too.
 */
export class Victim {
  private readonly pool: Pool;
  private latenciesMs: number[] = [];
  private refusals: string[] = [];
  private waiting = 0;

  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly adminKey: string,
    private readonly queue: string,
  ) {
    this.pool = new Pool(url, { connections: CONNECTIONS, ...TIMEOUTS });
  }

  /** Continues until `during` has ended. */
  async measure(during: Promise<unknown>): Promise<Measured> {
    this.latenciesMs = [];
    this.refusals = [];
    let over = false;
    const end = (): void => {
      over = true;
    };
    during.then(end, end);
    const startedAtMs = performance.now();
    const cycles: Promise<void>[] = [];
    while (!over) {
      const dueMs = startedAtMs + (cycles.length / CYCLES_PER_SECOND) * 1_000;
      await pause(Math.max(0, dueMs - performance.now()));
      cycles.push(this.cycle(cycles.length));
    }
    await Promise.all(cycles);
    await during;
    const sorted = this.latenciesMs.sort((a, b) => a - b);
    return {
      calls: sorted.length,
      refusals: this.refusals,
      p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
    };
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async cycle(n: number): Promise<void> {
    if (this.waiting >= WAITING_CYCLES_MAX) {
      this.refusals.push(`${WAITING_CYCLES_MAX} cycles are waiting for answers`);
      return;
    }
    this.waiting += 1;
    const fresh = n % FRESH_EVERY === 0 ? new Client(this.url, TIMEOUTS) : undefined;
    const client = fresh ?? this.pool;
    try {
      const { queue } = this;
      await this.call(client, '/v1/queue/publish', { queue, payload: { n } });
      const consume = { queue, max_messages: 1, wait_seconds: 1 };
      const answer = await this.call(client, '/v1/queue/consume', consume);
      const [message] = answer.data.messages;
      if (message !== undefined) {
        const { message_id, receipt } = message;
        await this.call(client, '/v1/queue/ack', { queue, message_id, receipt });
      }
      if (n % READ_EVERY === 0) await this.call(client, `/v1/queue/stats/${queue}`);
      if (n % ADMINISTERED_EVERY === 0) await this.administer(client);
    } catch (error) {
      this.refusals.push((error as Error).message);
    } finally {
      this.waiting -= 1;
      await fresh?.destroy();
    }
  }

  private async administer(client: Client | Pool): Promise<void> {
    const fields = { project: 'victim', name: 'short-lived' };
    const made = await this.call(client, '/v1/account/keys/create', fields, this.adminKey);
    const path = `/v1/account/keys/revoke/${made.data.key_id}`;
    await this.call(client, path, {}, this.adminKey);
  }

  private async call(
    client: Client | Pool,
    path: string,
    body?: object,
    key = this.key,
    // biome-ignore lint/suspicious/noExplicitAny: answers have many shapes.
  ): Promise<any> {
    const startedAtMs = performance.now();
    try {
      const response = await client.request({
        method: body === undefined ? 'GET' : 'POST',
        path,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.body.text();
      if (response.statusCode === 200) return JSON.parse(text);
      throw new Error(`${response.statusCode} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Error(`${path.split('/').slice(3, 5).join('/')}: ${code ?? message}`);
    } finally {
      this.latenciesMs.push(performance.now() - startedAtMs);
    }
  }
}

const TIMEOUTS = {
  connectTimeout: ANSWER_TIMEOUT_MS,
  headersTimeout: ANSWER_TIMEOUT_MS,
  bodyTimeout: ANSWER_TIMEOUT_MS,
};
