import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HandlerLog } from './handler-log.js';

const PROGRAM = fileURLToPath(new URL('worker-program.ts', import.meta.url));

interface WorkerProcess {
  readonly child: ChildProcess;
  /** Resolves when it has said something, and so listens for signals. */
  readonly started: Promise<unknown>;
}

/** Worker processes that are killed without notice and replaced. */
export class WorkerProcesses {
  kills = 0;
  readonly #running = new Map<number, WorkerProcess>();
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
    const lines = createInterface({ input: child.stdout });
    this.#running.set(id, { child, started: once(lines, 'line') });
    lines.on('line', (line) => {
      // The first line only says that it has started; the last one of a killed process may be cut.
      if (line.endsWith('}')) this.log.add(id, JSON.parse(line));
    });
  }

  /** Kills one with SIGKILL and starts another. */
  async killOne(): Promise<void> {
    const ids = [...this.#running.keys()];
    const id = ids[Math.floor(Math.random() * ids.length)];
    if (id === undefined) return;
    const child = this.#running.get(id)?.child;
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
    const processes = [...this.#running.values()];
    this.#running.clear();
    return Promise.all(
      processes.map(async ({ child, started }) => {
        await started;
        child.kill('SIGTERM');
        const [code] = await once(child, 'close');
        return code as number | null;
      }),
    );
  }
}
