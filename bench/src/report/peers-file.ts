import { markdownTable } from './markdown-table.js';

/** What `bench:report --peers` reads: the same operations with other queues. */
export interface PeersFile {
  environment: {
    /** One paragraph: the machine, its state before the run, rounds, seconds, calls under way. */
    text: string;
  };
  rows: PeerRow[];
}

/** The rounds of one peer in one scenario. */
export interface PeerFigures {
  /** Messages a second: the median of the rounds, the slowest and the fastest. */
  perSecond: number;
  range: [number, number];
  /** The latency of a unit: medians of the rounds. */
  p50Ms: number;
  p99Ms: number;
  /** CPU seconds of server and client for a million messages; undefined where there is no /proc. */
  cpuSecondsPerMillion?: number;
}

export interface PeerRow extends PeerFigures {
  /** Its name with what distinguishes this row: "RabbitMQ quorum queue", "millrace, SQLite". */
  peer: string;
  isOurs?: boolean;
  /** What is counted, as the title of a table: "Publish one message". */
  operation: string;
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

export const FIGURE_HEADS = ['messages/s (range)', 'p50 / p99, ms', 'CPU, s per million'];

export const figureCells = (of: PeerFigures): string[] => [
  `${of.perSecond.toFixed(0)} (${of.range.map((value) => value.toFixed(0)).join('–')})`,
  `${of.p50Ms.toFixed(1)} / ${of.p99Ms.toFixed(1)}`,
  of.cpuSecondsPerMillion?.toFixed(0) ?? '',
];

export function peersTable(rows: readonly PeerRow[]): string {
  const heads = ['peer', ...FIGURE_HEADS, 'durable when', 'does less'];
  return markdownTable(
    heads,
    rows.map((row) => [row.peer, ...figureCells(row), row.durability, row.less ?? '']),
    [0, heads.length - 2, heads.length - 1],
  );
}
