import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pause } from '../faults/load/pause.js';

export const MAIN_PATH = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface RunOptions {
  readonly environment?: Record<string, string>;
  /** Another user to run as; only root can start a process for another user. */
  readonly uid?: number;
  /** The program to run instead of Node with the server. */
  readonly program?: readonly [file: string, ...args: string[]];
}

/** `millrace` with any arguments, as the leader of its own process group. */
export class CommandRun {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  constructor(args: readonly string[], { environment = {}, uid, program }: RunOptions = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'));
    const [file, ...before] = program ?? [process.execPath, MAIN_PATH];
    this.child = spawn(file, [...before, ...args], {
      env: { ...Object.fromEntries(inherited), ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.closed = once(this.child, 'close');
  }

  /** The address once it listens; undefined if it ended before. */
  async listening(): Promise<string | undefined> {
    await this.says(/millrace listening on http/);
    return /millrace listening on (http\S+)/.exec(this.stdout)?.[1];
  }

  /** Resolves when either stream matches, or when the process has ended. */
  async says(words: RegExp): Promise<void> {
    while (this.isRunning && !words.test(this.stdout + this.stderr)) await pause(10);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Signals every process of the process group. */
  signalGroup(name: NodeJS.Signals): void {
    process.kill(-(this.child.pid as number), name);
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** The exit code; null if a signal ended it. */
  async ended(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.isRunning) this.signalGroup('SIGKILL');
    await this.closed;
  }
}
