import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HandlerLog } from './handler-log.js';

const PROGRAM = fileURLToPath(new URL('worker-program.ts', import.meta.url));

/** Worker processes that are killed without notice and replaced. */
export class WorkerProcesses {
  kills = 0;
  readonly #running = new Map<number, ChildProcess>();
  #made = 0;

  constructor(
    private readonly environment: Record<string, string>,
    private readonly log: HandlerLog,
  ) {}

  start(): void {
    this.#made += 1;
    const id = this.#made;
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running.set(id, child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      // The last line of a process that was killed may be incomplete.
      if (line.endsWith('}')) this.log.add(id, JSON.parse(line));
    });
  }

  /** Kills one with SIGKILL and starts another. */
  async killOne(): Promise<void> {
    const ids = [...this.#running.keys()];
    const id = ids[Math.floor(Math.random() * ids.length)];
    if (id === undefined) return;
    const child = this.#running.get(id);
    this.#running.delete(id);
    const closed = child && once(child, 'close');
    child?.kill('SIGKILL');
    const killedAtMs = Date.now();
    await closed;
    this.kills += 1;
    this.log.died(id, killedAtMs);
    this.start();
  }

  /** Stops all of them as a supervisor does. @returns their exit codes */
  async stop(): Promise<(number | null)[]> {
    const children = [...this.#running.values()];
    const closed = children.map(async (child) => {
      const [code] = await once(child, 'close');
      return code as number | null;
    });
    for (const child of children) child.kill('SIGTERM');
    return Promise.all(closed);
  }
}
