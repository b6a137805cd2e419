import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Worker } from 'node:worker_threads';
import { setSystemTimer } from '../core/clock.js';

const threads = new Set<Worker>();
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/** Has `endProcess` know the threads of the process; to be called before there are any. */
export function watchThreads(): void {
  process.on('worker', (thread) => {
    threads.add(thread);
    thread.once('exit', () => threads.delete(thread));
  });
}

/** How a process is ended that does not end by itself. */
export interface Force {
  readonly signal: NodeJS.Signals;
  readonly afterMs: number;
}

/**
 * Ends the process with its threads. As it exits, Node waits for each of them, and one that is inside
 * of SQLite, in a migration or at a disk that does not answer, cannot be interrupted but by force.
 */
export function endProcess(code: number, force?: Force): void {
  if (force !== undefined) {
    setSystemTimer(() => {
      // Without listeners it does what it does to any process.
      process.removeAllListeners(force.signal);
      process.kill(process.pid, force.signal);
    }, force.afterMs);
  }
  const ended = [...threads].map((thread) => {
    // Nobody shall be told that a command failed because its thread was ended behind its commit.
    thread.removeAllListeners();
    return thread.terminate();
  });
  Promise.all(ended).then(() => {
    leaveClosedTerminals();
    process.exit(code);
  });
}

/** As it exits, Node sets terminals back to what they were, and crashes where one was closed. */
function leaveClosedTerminals(): void {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
}
