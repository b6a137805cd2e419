import { constants, setPriority } from 'node:os';
import { monotonicMs } from '../core/clock.js';
import { toIso } from '../core/iso-time.js';
import { backUp } from '../store/sqlite/file/backup.js';
import type { RunCommand } from './command.js';
import { ProgressBar } from './progress-bar.js';
import { readFlags, required } from './read-flags.js';
import { STORE_FLAGS, sqlitePath } from './sqlite-file.js';

const BACKUP_HELP = `Usage: millrace backup --to FILE [--store sqlite:PATH] [--json]

Copies a SQLite store as it is at this moment, also while a server is using it. The copy is for its
owner alone, and is read through before it gets its name.

  --to FILE        where the copy goes; a file that is there stays as it is
  --store, --store-file, --config
                   where the store is, as for the server (sqlite:./data/millrace.db)
  --json           prints the result as a JSON object: file, bytes, at, duration_ms
`;

/** Prints what it made on stdout, and on a terminal how far it is on stderr. */
export const run: RunCommand = async (args) => {
  const options = { ...STORE_FLAGS, to: { type: 'string' }, json: { type: 'boolean' } } as const;
  if (args.includes('--help')) {
    process.stdout.write(BACKUP_HELP);
    return;
  }
  const { to, json, ...flags } = readFlags('backup', args, options);
  const bar = new ProgressBar(process.stderr);
  giveWay();
  const beganMs = monotonicMs();
  const copy = await backUp({
    path: sqlitePath('backup', flags),
    to: required('backup', 'to', to),
    onProgress: (progress) => bar.show(progress),
    signal: endedBySignal(),
  }).finally(() => bar.clear());
  const durationMs = Math.round(monotonicMs() - beganMs);
  const { path: file, bytes } = copy;
  const at = toIso(copy.atMs);
  const line = json
    ? JSON.stringify({ file, bytes, at, duration_ms: durationMs })
    : `${file} holds the store as of ${at}: ${bytes} bytes, read through and sound`;
  process.stdout.write(`${line}\n`);
};

function endedBySignal(): AbortSignal {
  const ended = new AbortController();
  // A terminal and npx may both hand on one Ctrl-C: what comes after the first changes nothing.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => ended.abort(new Error(`ended by ${signal}; no copy was made`)));
  }
  return ended.signal;
}

/** A server on the same machine goes first. */
function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Not every system lets a process do that. The copying rests between its steps anyway.
  }
}
