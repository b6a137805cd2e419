/**
 * Runs `work` to its end, or to a signal, and lets go of what it holds either way. Without a
 * handler a signal would skip the exit hooks that end the children.
 */
export async function runToEnd(work: () => Promise<void>, letGo: () => Promise<void>) {
  const endBy = (exitCode: number) => () => {
    void letGo().finally(() => process.exit(exitCode));
  };
  process.once('SIGTERM', endBy(143));
  process.once('SIGINT', endBy(130));
  try {
    await work();
  } finally {
    await letGo();
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
