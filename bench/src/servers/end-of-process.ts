import { killChildren } from './child-process.js';

/** Runs `work` until it ends or a signal arrives, and releases its resources either way. */
export async function runToEnd(
  work: () => Promise<void>,
  letGo: () => Promise<void>,
): Promise<void> {
  let endedBySignal = false;
  const endWith = (exitCode: number) => () => {
    endedBySignal = true;
    // First, because the children would report the loss of what they use.
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

/** Reads the arguments; ends the process with code 2 if they are wrong. */
export function readOrExit<T>(read: (args: string[]) => T): T {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(2);
  }
}
