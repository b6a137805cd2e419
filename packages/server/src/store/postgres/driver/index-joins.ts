/**
 * Joins each row of `of` with the message of its `bucket_id` and `message_id`, by one lookup in the
 * primary key for each row.
 *
 * While somebody holds an old snapshot, the index of the key is full of entries of removed messages. The
 * statistics then show few live rows in a large index, from which the planner concludes that a lookup is
 * costly, and prefers one walk of the whole index to a hundred lookups. The limit rules that out.
 *
 * @param lock `FOR UPDATE`, where the rows are to be locked in the order of `of`
 */
export const messageOf = (of: string, columns: string, lock = ''): string =>
  `LATERAL (SELECT ${columns} FROM millrace.messages m
     WHERE m.bucket_id = ${of}.bucket_id AND m.message_id = ${of}.message_id LIMIT 1 ${lock})`;

/**
 * Joins each row of `of` with the row of a table that has the same `keys`, by one index lookup for each
 * row. The plan of a statement is made once, perhaps while its tables are almost empty according to
 * their statistics. A join would then walk a whole table, and go on doing so when the table has grown.
 * The limit rules that out; where there may be several rows, `OFFSET 0` does the same.
 */
export const rowOf = (
  table: string,
  of: string,
  keys: readonly string[],
  columns = 't.*',
  lock = '',
): string => `LATERAL (SELECT ${columns} FROM millrace.${table} t
     WHERE ${keys.map((key) => `t.${key} = ${of}.${key}`).join(' AND ')} LIMIT 1 ${lock})`;

/**
 * Those rows with the tids of their messages, which must be locked, for a statement that changes them.
 */
export const tidsOf = (rows: string): string =>
  `(SELECT r.*, p.tid FROM ${rows} AS r CROSS JOIN ${messageOf('r', 'm.ctid AS tid')} AS p)`;
