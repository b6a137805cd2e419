import { printable } from './printable.js';

type Cell = string | number | boolean | undefined | null;

const BETWEEN_COLUMNS = '  ';

/** A table for people. A missing value is shown as a dash. */
export async function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<string> {
  const lines = [head, ...rows].map((row) => head.map((_, column) => shown(row[column])));
  const widthOf = await measureFor(lines);
  const columns = head.map((_, column) => ({
    // A list may be too long for the arguments of Math.max.
    width: lines.reduce((most, line) => Math.max(most, widthOf(line[column] ?? '')), 0),
    isNumeric: isNumeric(rows, column),
  }));
  const drawn = lines.map((line) =>
    columns.map(({ width, isNumeric }, column) => {
      const text = line[column] ?? '';
      const blanks = ' '.repeat(width - widthOf(text));
      return isNumeric ? blanks + text : text + blanks;
    }),
  );
  return drawn.map((cells) => cells.join(BETWEEN_COLUMNS).trimEnd()).join('\n');
}

/** Characters that each take one column; the ellipsis ends payloads that were cut. */
const NARROW = /^[\x20-\x7e…]*$/;

/**
 * How many columns a text takes. The library knows that of any script, but takes half an hour to lay out
 * a hundred thousand rows, so it only measures the few texts that need it.
 */
async function measureFor(
  lines: readonly (readonly string[])[],
): Promise<(text: string) => number> {
  if (lines.every((line) => line.every((text) => NARROW.test(text)))) return ({ length }) => length;
  const { default: Table } = await import('cli-table3');
  return (text) => {
    if (NARROW.test(text)) return text.length;
    const measured = new Table({ style: { 'padding-left': 0, 'padding-right': 0 } });
    measured.push([text]);
    // Drawing it sets the widths.
    measured.toString();
    return measured.options.colWidths[0] ?? text.length;
  };
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
