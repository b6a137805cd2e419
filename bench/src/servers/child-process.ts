import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const STOP_LIMIT_MS = 15_000;

const running = new Set<ChildProcess>();
process.once('exit', killChildren);

/** Kills the child when the bench ends, however it ends. */
export function killOnExit(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs a file of the bench in a process of its own. */
export function forkChild(file: URL): ChildProcess {
  const child = fork(fileURLToPath(file), { execArgv: ['--import', 'tsx'] });
  killOnExit(child);
  return child;
}

/** Rejects if the child ends first. */
export function nextMessage<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`${name} ended early (${endOf(child)})`));
    if (endOf(child) !== null) {
      fail();
      return;
    }
    child.once('exit', fail);
    child.once('message', (message) => {
      child.off('exit', fail);
      resolve(message as T);
    });
  });
}

/** Asks a child to stop and waits for it, because profiles are written only on a clean exit. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (endOf(child) !== null) return;
  const exited = once(child, 'exit');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(impatience);
}

/** The signal or the code that it ended with; null while it runs. */
const endOf = ({ signalCode, exitCode }: ChildProcess): NodeJS.Signals | number | null =>
  signalCode ?? exitCode;
