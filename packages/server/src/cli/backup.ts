import { constants, setPriority } from 'node:os';
import { monotonicMs } from '../core/clock.js';
import { toIso } from '../core/iso-time.js';
import { backUp } from '../store/sqlite/file/backup.js';
import type { RunCommand } from './command.js';
import { ProgressBar } from './progress-bar.js';
import { readFlags, required } from './read-flags.js';
import { STORE_FLAGS, sqlitePath } from './sqlite-file.js';

const BACKUP_HELP = `Usage: millrace backup --to FILE [--store sqlite:PATH] [--json]

Copies a SQLite store as it is now. A server may be using the store. Only the owner of the copy may
read it. The copy gets its name after it has been read completely and found sound.

  --to FILE        the copy to make; an existing file is not overwritten
  --store, --store-file, --config
                   the store to copy, as for the server (sqlite:./data/millrace.db)
  --json           prints the result as a JSON object: file, bytes, at, duration_ms
`;

/** Prints the result on stdout, and the progress on stderr if that is a terminal. */
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
    : `${file} contains the store as of ${at}: ${bytes} bytes, read completely and sound`;
  process.stdout.write(`${line}\n`);
};

function endedBySignal(): AbortSignal {
  const ended = new AbortController();
  // A terminal and npx may both pass on one Ctrl-C; signals after the first have no effect.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => ended.abort(new Error(`ended by ${signal}; no copy was made`)));
  }
  return ended.signal;
}

/** Lets a server on the same machine go first. */
function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Not every system lets a process do this. The copying pauses between its steps anyway.
  }
}
