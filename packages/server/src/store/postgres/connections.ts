import type { Writable } from 'node:stream';
import pg, { type ClientBase, type PoolClient, type QueryResult } from 'pg';

/** Row ids, times and counts all stay below 2^53, so bigints come as numbers. */
const INT8 = 20;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig;

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 8_000;
/** The client's own, longer watch: a server that has vanished says nothing at all. */
const QUERY_TIMEOUT_MS = 10_000;

export interface ConnectionOptions {
  readonly url: string;
  readonly maxConnections: number;
}

export interface ParsedUrl {
  readonly connectionString: string;
  /** False behind a pooler that does not keep prepared statements: `?prepare=false`. */
  readonly prepare: boolean;
}

export function parseUrl(url: string): ParsedUrl {
  const parsed = new URL(url);
  const prepare = parsed.searchParams.get('prepare') !== 'false';
  parsed.searchParams.delete('prepare');
  return { connectionString: parsed.toString(), prepare };
}

/** A connection that may take its time, for migrations. */
export const patientConfig = (url: ParsedUrl): pg.ClientConfig => ({
  connectionString: url.connectionString,
  application_name: 'millrace',
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
});

export function clientConfig(url: ParsedUrl): pg.ClientConfig {
  return {
    connectionString: url.connectionString,
    application_name: 'millrace',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    types,
    // Behind a transaction pooler a startup parameter may be refused.
    ...(url.prepare ? { statement_timeout: STATEMENT_TIMEOUT_MS } : {}),
  };
}

/** A bounded pool whose connections send statements without waiting for the answers before. */
export function createPool(url: ParsedUrl, maxConnections: number): pg.Pool {
  const config = { ...clientConfig(url), pipeline: true, max: maxConnections };
  const pool = new pg.Pool(config as pg.PoolConfig);
  // An idle connection that breaks is dropped by the pool; the next query opens another.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    // While one is lent, the pool does not listen: what breaks it shows in its statements.
    client.on('error', () => undefined);
    if (url.prepare) client.query(`SET ${PLANNER.join('; SET ')}`).catch(() => undefined);
  });
  return pool;
}

/**
 * Rows here come and go too fast for statistics: to ask an index, row by row, is always the right
 * way. And no values make another way better, so that planning anew for each, a sixth of the
 * database's work, gains nothing.
 */
const PLANNER = [
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'plan_cache_mode = force_generic_plan',
];

/** Behind a transaction pooler a connection's settings are anybody's: there each group makes them. */
export const beginText = ({ prepare }: ParsedUrl): string =>
  prepare ? 'BEGIN' : `BEGIN; SET LOCAL ${PLANNER.join('; SET LOCAL ')}`;

const names = new Map<string, string>();

/** A statement under a name of its own, so that each connection prepares it once. */
export function statement(text: string, values: readonly unknown[], prepare: boolean) {
  if (!prepare) return { text, values: [...values] };
  let name = names.get(text);
  if (name === undefined) {
    name = `m${names.size}`;
    names.set(text, name);
  }
  return { name, text, values: [...values] };
}

/** Sends statements down one connection and remembers their answers until somebody asks. */
export class Pipeline {
  private readonly sent: Promise<QueryResult>[] = [];
  private isGathering = false;
  /** What went wrong first: statements after it fail only because it did. */
  firstFailure: unknown;

  constructor(
    readonly client: ClientBase | PoolClient,
    private readonly prepare: boolean,
  ) {}

  /** @returns the rows; a failure also shows in `settled`. */
  async query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const result = await this.submit(statement(text, values, this.prepare));
    return result.rows as Row[];
  }

  /** Sends without anyone waiting for the answer but `settled`. */
  send(text: string, values: readonly unknown[]): void {
    void this.submit(statement(text, values, this.prepare));
  }

  /** Statements without parameters, several in one string. */
  script(text: string): void {
    void this.submit({ text });
  }

  /** Waits for all that was sent; rejects with the first failure. */
  async settled(): Promise<void> {
    await Promise.all(this.sent);
  }

  private submit(config: pg.QueryConfig): Promise<QueryResult> {
    this.gather();
    const answer = this.client.query(config);
    answer.catch((error) => {
      this.firstFailure ??= error;
    });
    this.sent.push(answer);
    return answer;
  }

  /** What is sent in one go leaves in one packet, which wakes the database once. */
  private gather(): void {
    if (this.isGathering) return;
    this.isGathering = true;
    // pg has it, and corks it itself for each statement, but its types do not show it.
    const { stream } = (this.client as unknown as { connection: { stream: Writable } }).connection;
    stream.cork();
    process.nextTick(() => {
      this.isGathering = false;
      stream.uncork();
    });
  }
}
