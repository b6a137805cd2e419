import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pause } from '../faults/load/pause.js';

const MAIN_PATH = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const LISTENING = /^millrace listening on (\S+)$/m;

/** `millrace serve` as an operator runs it, with all its output. */
export class ServerRun {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  constructor(
    storeUrl: string,
    environment: Record<string, string> = {},
    flags: readonly string[] = [],
    nodeFlags: readonly string[] = [],
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'));
    this.child = spawn(
      process.execPath,
      [...nodeFlags, MAIN_PATH, 'serve', '--port', '0', ...flags],
      {
        env: { ...Object.fromEntries(inherited), MILLRACE_STORE: storeUrl, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.closed = once(this.child, 'close');
  }

  /** Resolves to the address once the server listens, or to undefined when it ended before. */
  async listening(withinMs = 50_000): Promise<string | undefined> {
    const endAtMs = performance.now() + withinMs;
    while (performance.now() < endAtMs) {
      const url = LISTENING.exec(this.stdout)?.[1];
      if (url !== undefined || !this.isRunning) return url;
      await pause(10);
    }
    return undefined;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(name);
  }

  /** Resolves to the exit code, or to null when a signal ended the process. */
  async ended(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.isRunning) this.signal('SIGKILL');
    await this.closed;
  }
}
