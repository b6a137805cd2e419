import { killChildren } from './child-process.js';

/** Runs `work` to its end, or to a signal, and lets go of what it holds either way. */
export async function runToEnd(
  work: () => Promise<void>,
  letGo: () => Promise<void>,
): Promise<void> {
  let endedBySignal = false;
  const endWith = (exitCode: number) => () => {
    endedBySignal = true;
    // First, because they would report what is being taken away from under them.
    killChildren();
    void letGo().finally(() => process.exit(exitCode));
  };
  process.once('SIGTERM', endWith(143));
  process.once('SIGINT', endWith(130));
  try {
    await work();
  } catch (error) {
    if (!endedBySignal) throw error;
  } finally {
    if (!endedBySignal) await letGo();
  }
}

/** What the arguments say; ends the process with 2 where they are wrong. */
export function readOrExit<T>(read: (args: string[]) => T): T {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(2);
  }
}
