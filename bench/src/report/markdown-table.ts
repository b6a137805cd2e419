/** A table of numbers, except for the columns of text; empty columns are left out. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: readonly number[] = [0],
): string {
  const kept = heads.map(
    (_, column) => rows.length === 0 || rows.some((row) => row[column] !== ''),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.filter((_, column) => kept[column]).join(' | ')} |`;
  return [
    line(heads),
    line(heads.map((_, column) => (textColumns.includes(column) ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}
