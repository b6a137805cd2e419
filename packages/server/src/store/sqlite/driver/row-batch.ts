import type { Statement } from 'better-sqlite3';

/** Rows per statement, descending. One statement for 16 rows takes two thirds of the time of 16. */
const CHUNKS = [16, 4, 1] as const;
const ROWS_MAX = CHUNKS[0];

/** The text of the statement for each number of rows. */
export const textsOf = (text: (rows: number) => string): ReadonlyMap<number, string> =>
  new Map(CHUNKS.map((rows) => [rows, text(rows)]));

type Values = readonly (number | string | null)[];

/** Gathers rows of one table, to insert many with one statement. */
export class RowBatch {
  private values: Values[number][] = [];
  private rows = 0;

  constructor(
    private readonly sql: (text: string) => Statement,
    private readonly texts: ReadonlyMap<number, string>,
  ) {}

  add(row: Values): void {
    this.values.push(...row);
    this.rows += 1;
    if (this.rows === ROWS_MAX) this.flush();
  }

  flush(): void {
    if (this.rows === 0) return;
    const columns = this.values.length / this.rows;
    let at = 0;
    for (const [rows, text] of this.texts) {
      const size = rows * columns;
      for (; at + size <= this.values.length; at += size) {
        const chunk = size === this.values.length ? this.values : this.values.slice(at, at + size);
        // As separate arguments: bound from a list, an insert takes a fifth longer.
        this.sql(text).run(...chunk);
      }
    }
    this.values.length = 0;
    this.rows = 0;
  }
}
