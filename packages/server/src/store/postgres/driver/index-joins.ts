/**
 * Joins each row of `of` with the message of its `bucket_id` and `message_id`, asking the key for one
 * after the other.
 *
 * While somebody holds an old snapshot, the index of the key is full of entries of messages that are
 * gone. From statistics that know a few live rows in so large an index, a planner concludes that to
 * ask it is costly, and would rather walk all of it once than ask a hundred times. The limit takes
 * that choice from it.
 *
 * @param lock `FOR UPDATE`, where the rows are to be locked in the order of `of`
 */
export const messageOf = (of: string, columns: string, lock = ''): string =>
  `LATERAL (SELECT ${columns} FROM millrace.messages m
     WHERE m.bucket_id = ${of}.bucket_id AND m.message_id = ${of}.message_id LIMIT 1 ${lock})`;

/**
 * Joins each row of `of` with the row of a table that has the same `keys`, asking its index for one
 * after the other. The plan of a statement is made once, maybe while its tables are almost empty and
 * their statistics say so. A join then walks a whole table, and goes on to do so when it has grown: the
 * limit takes that choice from it. `OFFSET 0` does the same where there may be several rows.
 */
export const rowOf = (
  table: string,
  of: string,
  keys: readonly string[],
  columns = 't.*',
  lock = '',
): string => `LATERAL (SELECT ${columns} FROM millrace.${table} t
     WHERE ${keys.map((key) => `t.${key} = ${of}.${key}`).join(' AND ')} LIMIT 1 ${lock})`;

/** The places of those messages, for a statement that changes them. They must be locked. */
export const tidsOf = (rows: string): string =>
  `(SELECT r.*, p.tid FROM ${rows} AS r CROSS JOIN ${messageOf('r', 'm.ctid AS tid')} AS p)`;
