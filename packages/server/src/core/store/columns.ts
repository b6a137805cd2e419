/** The column of a field: `dueAtMs` is `due_at_ms`. */
export const columnName = (field: string): string =>
  field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Columns under the names of their fields: `m.due_at_ms AS "dueAtMs"`. */
export const columnsOf = (fields: readonly string[], table: string): string =>
  fields.map((field) => `${table}.${columnName(field)} AS "${field}"`).join(', ');
