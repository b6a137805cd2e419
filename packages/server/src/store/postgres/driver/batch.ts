import type { Connection, Submittable } from 'pg';
import pg from 'pg';
import { unescapeNul } from './escaped-nul.js';
import { encodeParameter, type Parameter } from './parameters.js';

/** Row ids, times and counts all stay below 2^53, so bigints are parsed as numbers. */
const INT8 = 20;
const TEXT = 25;

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

type Row = Record<string, unknown>;

interface Statement {
  readonly text: string;
  readonly values: (string | Buffer | null)[];
  readonly rows: Row[];
  readonly resolve: (rows: Row[]) => void;
  readonly reject: (error: unknown) => void;
}

type Prepared = Map<string, readonly Column[]>;

/** The statements that a connection has prepared: the columns of their rows, by statement text. */
const preparedOn = new WeakMap<Connection, Prepared>();
const names = new Map<string, string>();

/**
 * Statements that are sent and answered together. pg follows each of its queries with a Sync, which
 * makes the server flush its answer: five statements are five packets, and each wakes the other side.
 * Here one Sync follows the last statement, and a statement that fails also fails all after it:
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING.
 * Each statement is prepared, and its columns described, once per connection.
 */
export class Batch implements Submittable {
  private readonly statements: Statement[] = [];
  private answered = 0;
  private columns: readonly Column[] = [];
  private prepared: Prepared = new Map();
  private ended = false;

  constructor(
    /** False behind a pooler that does not keep prepared statements. */
    private readonly prepares: boolean,
    /** Called once at the end; pg wraps it with its timeout. */
    public callback: (error?: unknown) => void,
  ) {}

  add(text: string, values: readonly Parameter[]): Promise<Row[]> {
    const encoded = values.map(encodeParameter);
    return new Promise((resolve, reject) => {
      this.statements.push({ text, values: encoded, rows: [], resolve, reject });
    });
  }

  /** Called by pg when it is this batch's turn. */
  submit(connection: Connection): void {
    if (this.prepares) this.prepared = preparedBy(connection);
    connection.stream.cork();
    for (const { text, values } of this.statements) {
      const name = this.prepares ? nameOf(text) : '';
      if (!this.prepared.has(text)) {
        // It may have been prepared nevertheless, in a batch that failed later.
        if (this.prepares) connection.close({ type: 'S', name }, true);
        connection.parse({ name, text, types: [] }, true);
        connection.describe({ type: 'S', name }, true);
      }
      connection.bind({ statement: name, values }, true);
      connection.execute(null, true);
    }
    connection.sync();
    connection.stream.uncork();
    this.expectRows();
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: parserOf(dataTypeID),
    }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row: Row = {};
    for (let index = 0; index < this.columns.length; index += 1) {
      const { name, parse } = this.columns[index] as Column;
      const text = fields[index] as string | null;
      row[name] = text === null ? null : parse(text);
    }
    this.statements[this.answered]?.rows.push(row);
  }

  handleCommandComplete(): void {
    const { text, rows, resolve } = this.statements[this.answered] as Statement;
    if (this.prepares) this.prepared.set(text, this.columns);
    this.answered += 1;
    this.expectRows();
    resolve(rows);
  }

  handleReadyForQuery(): void {
    this.ended = true;
    this.callback();
  }

  handleError(error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    for (const { reject } of this.statements.slice(this.answered)) reject(error);
    this.callback(error);
  }

  private expectRows(): void {
    const next = this.statements[this.answered];
    this.columns = (next && this.prepared.get(next.text)) ?? [];
  }
}

function parserOf(dataTypeID: number): Column['parse'] {
  if (dataTypeID === INT8) return Number;
  return dataTypeID === TEXT ? unescapeNul : pg.types.getTypeParser(dataTypeID, 'text');
}

function preparedBy(connection: Connection): Prepared {
  let prepared = preparedOn.get(connection);
  if (prepared === undefined) {
    prepared = new Map();
    preparedOn.set(connection, prepared);
  }
  return prepared;
}

/** A unique name for each text, the same on all connections. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `m${names.size}`;
    names.set(text, name);
  }
  return name;
}
