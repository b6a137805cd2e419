import type Database from 'better-sqlite3';

/** Prepares each statement once per connection. */
export class Statements {
  private readonly bySql = new Map<string, Database.Statement>();

  constructor(readonly db: Database.Database) {}

  get(sql: string): Database.Statement {
    let statement = this.bySql.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.bySql.set(sql, statement);
    }
    return statement;
  }
}
