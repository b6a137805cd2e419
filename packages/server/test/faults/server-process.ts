import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Ledger } from './ledger/ledger.js';

const MAIN_PATH = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STDERR_KEPT_CHARS = 8_000;

export interface ServerProcessOptions {
  readonly node: number;
  readonly port: number;
  /** Several nodes may share one store. */
  readonly storeUrl: string;
  readonly apiKey: string;
  readonly ledger: Ledger;
  /** Flags for Node itself, and environment variables of the node. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** One node, which can be killed and started again on the same store and port. */
export class ServerProcess {
  readonly baseUrl: string;
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | undefined;
  #killing = false;
  #stderr = '';

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    this.baseUrl = `http://127.0.0.1:${options.port}`;
  }

  /** The last output of the node on stderr, for the report of a failure. */
  get stderr(): string {
    return this.#stderr;
  }

  async start(): Promise<void> {
    const { node, port, storeUrl, apiKey, ledger, nodeFlags = [], environment } = this.#options;
    ledger.serverChanged(node, 'starting');
    this.#killing = false;
    const child = spawn(
      process.execPath,
      [...nodeFlags, MAIN_PATH, 'serve', '--port', String(port), '--store', storeUrl],
      {
        env: { ...plainEnvironment(), ...environment, MILLRACE_API_KEY: apiKey },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-STDERR_KEPT_CHARS);
    });
    child.once('exit', () => ledger.serverChanged(node, this.#killing ? 'killed' : 'crashed'));
    try {
      await listening(child, this.baseUrl);
    } catch (error) {
      await this.kill();
      throw new Error(`node ${node}: ${String(error)}\n${this.#stderr}`);
    }
    ledger.serverChanged(node, 'ready');
  }

  /** Suspends the process, as a paused machine does; `letGoOn` resumes it. */
  stop(): void {
    this.#options.ledger.serverChanged(this.#options.node, 'stopped');
    this.#child?.kill('SIGSTOP');
  }

  letGoOn(): void {
    this.#child?.kill('SIGCONT');
    this.#options.ledger.serverChanged(this.#options.node, 'continued');
  }

  /** Sends `kill -9`, and waits until the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#killing = true;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

async function listening(child: ChildProcess, baseUrl: string): Promise<void> {
  if (child.stdout === null) throw new Error('the node has no stdout');
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not listening within ${START_TIMEOUT_MS} ms`)),
      START_TIMEOUT_MS,
    );
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error('ended before it listened'));
    });
    // The lines are read to the end, so that a full pipe never blocks the node.
    lines.on('line', (line) => {
      if (line !== `millrace listening on ${baseUrl}`) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A developer's own settings must not leak into the node under test. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'));
  return Object.fromEntries(entries);
}
