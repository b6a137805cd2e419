import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { setSystemTimer } from '../../core/clock.js';
import type { ReadyQueue } from '../../core/store/store.js';
import { clientConfig, type ParsedUrl } from './driver/connections.js';
import type { Reachability } from './driver/reachability.js';
import { setSession } from './driver/sessions.js';

/**
 * The signals that nodes send each other by LISTEN and NOTIFY, on a separate connection: a NOTIFY inside
 * a transaction would make all commits wait for each other. A node announces the queues that it waits
 * for. The others then signal when messages become available in those queues, and only then.
 */
const CHANNEL = 'millrace';
/** How long an announcement lasts: longer than the longest wait. */
const INTEREST_MS = 30_000;
const REPEAT_INTEREST_MS = 5_000;
/** A message published this shortly before an announcement arrives is signalled in reply to it. */
const RECENT_MS = 2_000;
const RECONNECT_MS = 1_000;
const WATCH_MS = 10_000;
const ANSWER_WITHIN_MS = 3_000;
/** Logged once, at the start. */
export const NO_SIGNALS =
  'nodes cannot wake each other through a transaction pooler, so waiting calls poll instead; set --store-direct to avoid that';
/** A payload may have 8,000 bytes in PostgreSQL; a queue's key has fewer than 250. */
const KEYS_PER_SIGNAL = 30;

type Signal =
  | { readonly node: string; readonly waits: readonly string[] }
  | { readonly node: string; readonly ready: readonly (readonly [string, number])[] }
  | { readonly node: string; readonly clockMoved: true }
  | { readonly node: string; readonly hello: true };

type SignalBody = Signal extends infer S ? (S extends Signal ? Omit<S, 'node'> : never) : never;

export class NodeSignals {
  private readonly node = randomUUID();
  private client: pg.Client | undefined;
  private stopped = false;
  private cancelWatch: (() => void) | undefined;
  private cancelReconnect: (() => void) | undefined;
  /** Until when another node waits for a queue. */
  private readonly awaited = new Map<string, number>();
  /** When this node last announced that it waits for a queue. */
  private readonly announced = new Map<string, number>();
  private readonly recent = new Map<string, number>();
  private readonly unsent = new Map<string, number>();
  private sending = false;
  /** The last query on the connection. The next one waits for it: pg takes one at a time. */
  private lastQuery: Promise<unknown> = Promise.resolve();

  constructor(
    /** Undefined if nodes cannot signal each other; waiting calls then poll. */
    private readonly url: ParsedUrl | undefined,
    private readonly nowMs: () => number,
    private readonly onReady: (queues: readonly ReadyQueue[]) => void,
    /** Signals may have been lost, so every waiting call should look again. */
    private readonly onGap: () => void,
    /** Another node has moved the offset of store time. */
    private readonly onClockMoved: () => void,
    private readonly reachability: Reachability,
  ) {}

  get canHear(): boolean {
    return this.url !== undefined;
  }

  async start(): Promise<void> {
    if (this.stopped || this.url === undefined) return;
    const client = new pg.Client({ ...clientConfig(this.url), query_timeout: ANSWER_WITHIN_MS });
    client.on('notification', ({ payload }) => {
      const signal = parseSignal(payload ?? '');
      if (signal !== undefined) this.receive(signal);
    });
    let cause: unknown = new Error('the connection was closed');
    client.on('error', (error) => {
      cause = error;
    });
    client.on('end', () => this.reconnect(client, cause));
    try {
      await client.connect();
      await setSession(client, 'signals');
      await client.query(`LISTEN ${CHANNEL}`);
      if (this.stopped) return await client.end();
      this.client = client;
      this.lastQuery = Promise.resolve();
      this.reachability.answered();
      this.send({ hello: true });
      this.announceAgain();
      this.watch(client);
      this.onGap();
    } catch (error) {
      this.giveUp(client, error);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelReconnect?.();
    this.cancelWatch?.();
    await this.client?.end().catch(() => undefined);
  }

  /** Announces that a call on this node waits for messages of this queue. */
  expect(project: string, queue: string): void {
    const key = keyOf(project, queue);
    const nowMs = this.nowMs();
    if (nowMs - (this.announced.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_INTEREST_MS) return;
    forgetOld(this.announced, nowMs - INTEREST_MS);
    this.announced.set(key, nowMs);
    this.send({ waits: [key] });
  }

  /** Signals that a commit of this node made messages available. */
  tell(queues: readonly ReadyQueue[]): void {
    const nowMs = this.nowMs();
    forgetOld(this.recent, nowMs - RECENT_MS);
    for (const { project, queue, messages } of queues) {
      const key = keyOf(project, queue);
      this.recent.set(key, nowMs);
      if ((this.awaited.get(key) ?? 0) > nowMs) this.add(key, messages);
    }
    void this.flush();
  }

  /** Other nodes that compare clocks at once can tell this move of the offset from a later jump. */
  tellClockMoved(): void {
    void this.send({ clockMoved: true });
  }

  private add(key: string, messages: number): void {
    this.unsent.set(key, (this.unsent.get(key) ?? 0) + messages);
  }

  /** One signal at a time: queues that become ready in the meantime go into the next one. */
  private async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    while (this.unsent.size > 0) {
      const ready = [...this.unsent].slice(0, KEYS_PER_SIGNAL);
      for (const [key] of ready) this.unsent.delete(key);
      await this.send({ ready });
    }
    this.sending = false;
  }

  private receive(signal: Signal): void {
    if (signal.node === this.node) return;
    const nowMs = this.nowMs();
    if ('ready' in signal) {
      this.onReady(signal.ready.map(([key, messages]) => ({ ...partsOf(key), messages })));
    } else if ('waits' in signal) {
      forgetOld(this.awaited, nowMs);
      for (const key of signal.waits) {
        this.awaited.set(key, nowMs + INTEREST_MS);
        if (nowMs - (this.recent.get(key) ?? 0) < RECENT_MS) this.add(key, 1);
      }
      void this.flush();
    } else if ('clockMoved' in signal) {
      this.onClockMoved();
    } else {
      this.announceAgain();
    }
  }

  /** For a node that has just connected and does not know which queues this node waits for. */
  private announceAgain(): void {
    forgetOld(this.announced, this.nowMs() - INTEREST_MS);
    const waits = [...this.announced.keys()];
    for (let from = 0; from < waits.length; from += KEYS_PER_SIGNAL) {
      this.send({ waits: waits.slice(from, from + KEYS_PER_SIGNAL) });
    }
  }

  /** A connection may break without notice, so one that does not answer is given up. */
  private watch(client: pg.Client): void {
    this.cancelWatch?.();
    this.cancelWatch = setSystemTimer(() => {
      this.query(client, 'SELECT 1').then(
        () => this.watch(client),
        (error) => this.giveUp(client, error),
      );
    }, WATCH_MS);
  }

  private giveUp(client: pg.Client, cause: unknown): void {
    client.end().catch(() => undefined);
    this.reconnect(client, cause);
  }

  private async send(body: SignalBody): Promise<void> {
    const payload = JSON.stringify({ node: this.node, ...body });
    // If a signal is lost, the waiting call only has to wait for its safety poll.
    const { client } = this;
    if (client === undefined) return;
    await this.query(client, 'SELECT pg_notify($1, $2)', [CHANNEL, payload]).catch((error) =>
      this.giveUp(client, error),
    );
  }

  private query(client: pg.Client, text: string, values?: string[]): Promise<unknown> {
    const result = this.lastQuery.then(() => client.query(text, values));
    this.lastQuery = result.catch(() => undefined);
    return result;
  }

  private reconnect(client: pg.Client, cause: unknown): void {
    if (this.client === client) this.client = undefined;
    this.cancelWatch?.();
    if (this.stopped || this.client !== undefined) return;
    this.reachability.failed(cause);
    this.cancelReconnect?.();
    this.cancelReconnect = setSystemTimer(() => void this.start(), RECONNECT_MS);
  }
}

/** Any client may notify on the channel, so payloads that are not signals of a node are ignored. */
function parseSignal(payload: string): Signal | undefined {
  try {
    const signal = JSON.parse(payload);
    const isOurs = typeof signal?.node === 'string' && IS_BODY.some((isBody) => isBody(signal));
    return isOurs ? signal : undefined;
  } catch {
    return undefined;
  }
}

type Unknown = { readonly [name: string]: unknown };

const IS_BODY: readonly ((signal: Unknown) => boolean)[] = [
  ({ waits }) => Array.isArray(waits) && waits.every((key) => typeof key === 'string'),
  ({ ready }) => Array.isArray(ready) && ready.every(isReadyEntry),
  ({ clockMoved }) => clockMoved === true,
  ({ hello }) => hello === true,
];

const isReadyEntry = (entry: unknown): boolean =>
  Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number';

const keyOf = (project: string, queue: string): string => `${project}\n${queue}`;

function partsOf(key: string): { project: string; queue: string } {
  const [project = '', queue = ''] = key.split('\n');
  return { project, queue };
}

function forgetOld(times: Map<string, number>, beforeMs: number): void {
  for (const [key, timeMs] of times) if (timeMs < beforeMs) times.delete(key);
}
