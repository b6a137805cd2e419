import { printable } from './printable.js';

type Cell = string | number | boolean | undefined | null;

/** What a table is drawn with: columns two blanks apart, without lines. */
const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
    ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((part) => [part, '']),
);

/** A table for people. A missing value is shown as a dash. */
export async function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const drawn = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true },
    head: [...head],
    colAligns: head.map((_, column) => (isNumeric(rows, column) ? 'right' : 'left')),
  });
  drawn.push(...rows.map((row) => row.map(shown)));
  return drawn.toString().replace(/ +$/gm, '');
}

/** The fields of one record, one below the other. */
export function fieldLines(fields: Readonly<Record<string, Cell>>): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  const columns = Math.max(...entries.map(([name]) => name.length)) + 2;
  return entries.map(([name, value]) => `${name.padEnd(columns)}${shown(value)}`).join('\n');
}

const shown = (value: Cell): string => printable(String(value ?? '-'));

const isNumeric = (rows: readonly (readonly Cell[])[], column: number): boolean =>
  rows.some((row) => typeof row[column] === 'number');
