import { printable } from './printable.js';

type Cell = string | number | boolean | undefined | null;

const BETWEEN_COLUMNS = '  ';

/** A table for people. A missing value is shown as a dash. */
export async function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<string> {
  const { default: stringWidth } = await import('string-width');
  const lines = [head, ...rows].map((row) => head.map((_, column) => shown(row[column])));
  const columns = head.map((_, column) => ({
    // A list may be too long for the arguments of Math.max.
    width: lines.reduce((most, line) => Math.max(most, stringWidth(line[column] ?? '')), 0),
    isNumeric: isNumeric(rows, column),
  }));
  const drawn = lines.map((line) =>
    columns.map(({ width, isNumeric }, column) => {
      const text = line[column] ?? '';
      const blanks = ' '.repeat(width - stringWidth(text));
      return isNumeric ? blanks + text : text + blanks;
    }),
  );
  return drawn.map((cells) => cells.join(BETWEEN_COLUMNS).trimEnd()).join('\n');
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
