import { restore } from '../store/sqlite/file/restore.js';
import type { RunCommand } from './command.js';
import { ProgressBar } from './progress-bar.js';
import { readFlags, required } from './read-flags.js';
import { STORE_FLAGS, sqlitePath } from './sqlite-file.js';

const RESTORE_HELP = `Usage: millrace restore --from FILE [--store sqlite:PATH] [--json]

Replaces a SQLite store by a backup. No server may be using the store. The backup is copied, and the
copy is read completely, before anything is changed. The old files are kept under another name.

  --from FILE      the backup; it is not changed
  --store, --store-file, --config
                   the store to replace, as for the server (sqlite:./data/millrace.db)
  --json           prints the result as a JSON object: file, bytes, put_aside
`;

/** Prints the result on stdout, and the progress on stderr if that is a terminal. */
export const run: RunCommand = async (args) => {
  const options = { ...STORE_FLAGS, from: { type: 'string' }, json: { type: 'boolean' } } as const;
  if (args.includes('--help')) {
    process.stdout.write(RESTORE_HELP);
    return;
  }
  const { from, json, ...flags } = readFlags('restore', args, options);
  const source = required('restore', 'from', from);
  const path = sqlitePath('restore', flags);
  const bar = new ProgressBar(process.stderr);
  try {
    const done = restore({ from: source, path, onProgress: (progress) => bar.show(progress) });
    bar.clear();
    process.stdout.write(`${json ? jsonOf(done) : linesOf(source, done)}\n`);
  } finally {
    bar.clear();
  }
};

type Restored = ReturnType<typeof restore>;

const jsonOf = ({ path: file, bytes, putAside }: Restored): string =>
  JSON.stringify({ file, bytes, put_aside: putAside });

function linesOf(source: string, { path, bytes, putAside }: Restored): string {
  const restored = `${path} is restored from ${source}: ${bytes} bytes, read completely and sound`;
  return putAside === null ? restored : `${restored}\nthe old files are kept as ${putAside}*`;
}
