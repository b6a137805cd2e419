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

/** The fields of one record with their names in the API, one below the other. */
export async function recordLines(record: object): Promise<string> {
  const { toWire } = await import('@millrace/client');
  const fields = Object.entries(toWire(record) as Record<string, unknown>).filter(
    ([, value]) => value !== undefined,
  );
  const columns = Math.max(...fields.map(([name]) => name.length)) + 2;
  return fields.map(([name, value]) => `${name.padEnd(columns)}${text(value)}`).join('\n');
}

const text = (value: unknown): string =>
  shown(typeof value === 'object' ? JSON.stringify(value) : (value as Cell));

const shown = (value: Cell): string => printable(String(value ?? '-'));

const isNumeric = (rows: readonly (readonly Cell[])[], column: number): boolean =>
  rows.some((row) => typeof row[column] === 'number');
