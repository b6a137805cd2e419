import type { Statement } from 'better-sqlite3';

/** The columns of a new message. */
const NEW_MESSAGE_COLUMNS = [
  'id',
  'bucket_id',
  'seq',
  'rank',
  'state',
  'message_id',
  'priority',
  'bytes',
  'enqueued_at_ms',
  'first_available_at_ms',
  'live_since_ms',
  'due_at_ms',
  'group_id',
  'group_key',
  'deduplication_id',
] as const;
const NEW_BODY_COLUMNS = ['id', 'payload', 'headers'] as const;

export type NewMessageRow = Readonly<
  Record<(typeof NEW_MESSAGE_COLUMNS)[number] | 'payload' | 'headers', number | string | null>
>;

/** Rows per statement, falling. Sixteen in one take two thirds of the time of sixteen statements. */
const CHUNKS = [16, 4, 1] as const;
const ROWS_MAX = CHUNKS[0];

const MESSAGES = insertsInto('messages', NEW_MESSAGE_COLUMNS);
const BODIES = insertsInto('bodies', NEW_BODY_COLUMNS);

/**
 * New messages on their way into the tables, gathered over the publishes of a group. Whoever reads
 * messages in the same transaction has to flush before.
 */
export class MessageInserts {
  private messages: unknown[] = [];
  private bodies: unknown[] = [];
  private count = 0;

  constructor(private readonly sql: (text: string) => Statement) {}

  add(row: NewMessageRow): void {
    for (const column of NEW_MESSAGE_COLUMNS) this.messages.push(row[column]);
    for (const column of NEW_BODY_COLUMNS) this.bodies.push(row[column]);
    this.count += 1;
    if (this.count === ROWS_MAX) this.flush();
  }

  flush(): void {
    if (this.count === 0) return;
    this.insert(MESSAGES, this.messages, NEW_MESSAGE_COLUMNS.length);
    this.insert(BODIES, this.bodies, NEW_BODY_COLUMNS.length);
    this.messages.length = 0;
    this.bodies.length = 0;
    this.count = 0;
  }

  private insert(
    statements: ReadonlyMap<number, string>,
    values: readonly unknown[],
    columns: number,
  ): void {
    let at = 0;
    for (const [rows, text] of statements) {
      const statement = this.sql(text);
      const size = rows * columns;
      for (; at + size <= values.length; at += size) {
        statement.run(size === values.length ? values : values.slice(at, at + size));
      }
    }
  }
}

function insertsInto(table: string, columns: readonly string[]): Map<number, string> {
  const row = `(${columns.map(() => '?').join(', ')})`;
  return new Map(
    CHUNKS.map((rows) => [
      rows,
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array(rows).fill(row).join(', ')}`,
    ]),
  );
}
