import { parseArgs } from 'node:util';
import { positiveInteger, positiveNumber } from '../options/numbers.js';
import { readStores, STORE_OPTIONS } from '../options/stores.js';
import type { StoresSettings } from '../servers/stores.js';

export interface HygieneOptions {
  messages: number;
  snapshotSeconds: number;
  maxMinutes: number;
  /** Messages in each request. */
  batch: number;
  connections: number;
  stores: StoresSettings;
}

export const help = `Usage: npx tsx bench/src/storage/hygiene.ts [options]     (after npm run build)

Sends messages through one queue on PostgreSQL, each published, consumed and acked. After a third
of them, another connection holds a REPEATABLE READ snapshot, so that vacuum can remove nothing.
Prints the sizes of the tables, waits for autovacuum at the end, and measures the speed once more.

  --messages N            messages (5000000)
  --snapshot-seconds S    how long the snapshot is held (600)
  --max-minutes M         longest time of the run, including the wait for autovacuum (120)
  --batch N               messages in each request (1)
  --connections N         keep-alive connections (64)
  --postgres URL          server to create the database on; without it, one from npm is started
  --data-dir DIR          directory for its files (the system's directory for temporary files)
  --help                  print this help
`;

/** Throws if the arguments are wrong; `undefined` means that only the help is wanted. */
export function readHygieneOptions(args: string[]): HygieneOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      messages: { type: 'string', default: '5000000' },
      'snapshot-seconds': { type: 'string', default: '600' },
      'max-minutes': { type: 'string', default: '120' },
      batch: { type: 'string', default: '1' },
      connections: { type: 'string', default: '64' },
      ...STORE_OPTIONS,
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    messages: positiveInteger('messages', values.messages),
    snapshotSeconds: positiveNumber('snapshot-seconds', values['snapshot-seconds']),
    maxMinutes: positiveNumber('max-minutes', values['max-minutes']),
    batch: positiveInteger('batch', values.batch),
    connections: positiveInteger('connections', values.connections),
    stores: readStores('postgres', values),
  };
}
