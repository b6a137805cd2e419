import { markdownTable } from './markdown-table.js';

/** What `bench:report --peers` reads: the same operations with other queues. */
export interface PeersFile {
  environment: {
    /** One paragraph: the machine, its state before the run, rounds, seconds, calls under way. */
    text: string;
  };
  rows: PeerRow[];
}

export interface PeerRow {
  /** Its name with what distinguishes this row: "RabbitMQ quorum queue", "millrace, SQLite". */
  peer: string;
  isOurs?: boolean;
  /** What is counted, as the title of a table: "Publish one message". */
  operation: string;
  /** The median of the rounds, in messages. */
  perSecond: number;
  /** The slowest and the fastest round. */
  range: [number, number];
  p50Ms?: number;
  p99Ms?: number;
  cpuSecondsPerMillion?: number;
  /** When an answer means that a message is safe: "fsync before the answer". */
  durability: string;
  /** What it does less than millrace, if anything. */
  less?: string;
}

/** By the order of their first rows. */
export function operationsOf(rows: readonly PeerRow[]): Map<string, PeerRow[]> {
  const byOperation = new Map<string, PeerRow[]>();
  for (const row of rows) {
    byOperation.set(row.operation, [...(byOperation.get(row.operation) ?? []), row]);
  }
  return byOperation;
}

export const peersTable = (rows: readonly PeerRow[]): string =>
  markdownTable(
    [
      'peer',
      'messages/s (range)',
      'p50 / p99, ms',
      'CPU, s per million',
      'durable when',
      'does less',
    ],
    rows.map((row) => [
      row.peer,
      `${row.perSecond.toFixed(0)} (${row.range.map((value) => value.toFixed(0)).join('–')})`,
      row.p50Ms === undefined || row.p99Ms === undefined
        ? ''
        : `${row.p50Ms.toFixed(1)} / ${row.p99Ms.toFixed(1)}`,
      row.cpuSecondsPerMillion?.toFixed(0) ?? '',
      row.durability,
      row.less ?? '',
    ]),
  );
