import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Worker } from 'node:worker_threads';
import { setSystemTimer } from '../../core/clock.js';

const threads = new Set<Worker>();
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/** Keeps track of the process's threads for `endProcess`. To be called before there are any. */
export function watchThreads(): void {
  process.on('worker', (thread) => {
    threads.add(thread);
    thread.once('exit', () => threads.delete(thread));
  });
}

/** How to end a process that does not end by itself. */
export interface Force {
  readonly signal: NodeJS.Signals;
  readonly afterMs: number;
}

/**
 * Ends the process with its threads. Node waits for each thread when it exits, and a thread that is
 * inside SQLite, in a migration or at a disk that does not answer, can only be interrupted by force.
 */
export function endProcess(code: number, force?: Force): void {
  if (force !== undefined) {
    setSystemTimer(() => {
      // Without listeners the signal has its default effect, which ends the process.
      process.removeAllListeners(force.signal);
      process.kill(process.pid, force.signal);
    }, force.afterMs);
  }
  const ended = [...threads].map((thread) => {
    // A command whose thread is ended after its commit must not be reported as failed.
    thread.removeAllListeners();
    return thread.terminate();
  });
  Promise.all(ended).then(() => {
    leaveClosedTerminals();
    process.exit(code);
  });
}

/** When it exits, Node resets terminals to their former state, and crashes if one was closed. */
function leaveClosedTerminals(): void {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
}
