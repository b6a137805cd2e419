import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

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

/** Asks a child to stop and waits for it, because profiles are written only on a clean exit. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(impatience);
}
