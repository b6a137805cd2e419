import { type Row, ratioOf } from './run-attack.js';

const NAME_WIDTH = 24;
const WIDTHS = [14, 9, 9, 7, 9, 9, 7, 11];
const TITLES = [
  'refused',
  'usual ms',
  'during ms',
  'ratio',
  'RSS MiB',
  'heap MiB',
  'alive',
  'bytes freed',
];

const line = (name: string, cells: readonly string[]): string =>
  name.padEnd(NAME_WIDTH) + cells.map((cell, n) => cell.padStart(WIDTHS[n] ?? 0)).join(' ');

export const HEADING = `${line('attack', TITLES)}   (ms: p99 of the victim's calls)`;

export function lineOf(row: Row): string {
  const { usual, during, peakRssBytes, peakHeapBytes, lives, bytesBack } = row;
  return line(row.name, [
    `${usual.refusals.length + during.refusals.length}/${usual.calls + during.calls}`,
    usual.p99Ms.toFixed(1),
    during.p99Ms.toFixed(1),
    ratioOf(row).toFixed(1),
    mebibytes(peakRssBytes),
    mebibytes(peakHeapBytes),
    lives ? 'yes' : 'NO',
    bytesBack === undefined ? 'not checked' : bytesBack ? 'yes' : 'NO',
  ]);
}

/** A server that does not report its memory is not asked again. */
const mebibytes = (bytes: number): string =>
  bytes === 0 ? '-' : String(Math.round(bytes / 1_048_576));
