import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface WorkerOptions {
  readonly file: string;
  readonly queue: string;
  readonly slots: number;
  readonly environment: Record<string, string>;
}

/** The worker of PROTOCOL.md in its own process. */
export class WorkerProcess {
  /** The ids of the messages that it has finished, in order. */
  readonly done: string[] = [];
  stderr = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor({ file, queue, slots, environment }: WorkerOptions) {
    this.#child = spawn(process.execPath, [file, queue, String(slots)], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (printed + text).split('\n');
      printed = lines.pop() ?? '';
      for (const line of lines) this.done.push(line.replace(/^done /, ''));
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#closed = once(this.#child, 'close');
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(name);
  }

  /** The exit code; null if a signal ended it. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#closed;
  }
}
