import { readFileSync } from 'node:fs';
import { request } from 'undici';
import { pause } from '../faults/load/pause.js';
import { ServerRun } from '../nodes/run-server.js';
import { MetricsText } from './metrics-text.js';

const NODE_FLAGS = ['--max-old-space-size=1024'];
const ADMIN_KEY = 'hostile-admin-key-0123456789';
const SAMPLE_EVERY_MS = 500;
const STOP_WITHIN_MS = 10_000;
const STDERR_SHOWN_CHARS = 600;

/** The real server in a separate process, seen from outside. */
export class ServerUnderAttack {
  readonly adminKey = ADMIN_KEY;
  peakRssBytes = 0;
  peakHeapBytes = 0;
  url = '';
  private readonly server: ServerRun;
  /** The server must not outlive an interrupted run. */
  private readonly killAtExit = (): void => this.server.signal('SIGKILL');

  constructor(storeUrl: string, flags: readonly string[]) {
    this.server = new ServerRun(storeUrl, { MILLRACE_API_KEY: ADMIN_KEY }, flags, NODE_FLAGS);
    process.once('exit', this.killAtExit);
  }

  async start(): Promise<void> {
    const url = await this.server.listening();
    if (url === undefined) throw new Error(`the server did not start\n${this.lastWords}`);
    this.url = url;
    void this.keepSampling();
  }

  async newKey(project: string): Promise<string> {
    return (await this.post('/v1/account/keys/create', { project, scopes: ['manage'] }, ADMIN_KEY))
      .key;
  }

  async newQueue(name: string, key: string): Promise<string> {
    await this.post('/v1/queue/create', { name }, key);
    return name;
  }

  /** Undefined when the server does not answer. */
  async metrics(): Promise<MetricsText | undefined> {
    try {
      const { statusCode, body } = await request(`${this.url}/metrics`, {
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        headersTimeout: 10_000,
      });
      const text = await body.text();
      return statusCode === 200 ? new MetricsText(text) : undefined;
    } catch {
      return undefined;
    }
  }

  get lives(): boolean {
    return this.server.isRunning;
  }

  /** The end of its output, for when it has died. */
  get lastWords(): string {
    return this.server.stderr.trim().slice(-STDERR_SHOWN_CHARS);
  }

  /** Stops it as an operator would. @returns false when it does not stop as promised */
  async stop(): Promise<boolean> {
    this.server.signal('SIGTERM');
    const ended = await Promise.race([this.server.ended(), pause(STOP_WITHIN_MS)]);
    return ended === 0;
  }

  async kill(): Promise<void> {
    process.off('exit', this.killAtExit);
    await this.server.kill();
  }

  /** Reads its present memory use, and updates the peaks. */
  async sample(): Promise<void> {
    const metrics = await this.metrics();
    const rss = metrics?.sum('process_resident_memory_bytes') ?? 0;
    const heap = metrics?.sum('nodejs_heap_size_used_bytes') ?? 0;
    this.peakRssBytes = Math.max(this.peakRssBytes, rss, peakOf(this.server.pid));
    this.peakHeapBytes = Math.max(this.peakHeapBytes, heap);
  }

  private async keepSampling(): Promise<void> {
    while (this.lives) {
      await this.sample();
      await pause(SAMPLE_EVERY_MS);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers have many shapes.
  private async post(path: string, fields: object, key: string): Promise<any> {
    const { statusCode, body } = await request(this.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${path}: ${text}`);
    return JSON.parse(text).data;
  }
}

/** Linux records the peak, also between two samples; 0 elsewhere. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
