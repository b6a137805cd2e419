import type Database from 'better-sqlite3';

/** A row, in the order of its columns. */
export type Values = readonly unknown[];

/** Prepares each statement once per connection. */
export class Statements {
  private readonly bySql = new Map<string, Database.Statement>();
  private readonly rowsBySql = new Map<string, Database.Statement<unknown[], Values>>();

  constructor(readonly db: Database.Database) {}

  get(sql: string): Database.Statement {
    let statement = this.bySql.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.bySql.set(sql, statement);
    }
    return statement;
  }

  /**
   * A statement that returns each row as a list of values in the order of its columns. For many wide
   * rows this is faster than objects, which are built column by column, by name.
   */
  rows(sql: string): Database.Statement<unknown[], Values> {
    let statement = this.rowsBySql.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare<unknown[], Values>(sql).raw();
      this.rowsBySql.set(sql, statement);
    }
    return statement;
  }
}
