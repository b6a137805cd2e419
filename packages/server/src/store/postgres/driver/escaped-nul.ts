/**
 * PostgreSQL's text can contain every character but U+0000, which JSON strings may contain. It is stored
 * as a pair of characters that starts with a noncharacter; that noncharacter itself is escaped too.
 */
const MARK = '\u{10fffe}';

export function escapeNul<T extends string | null>(value: T): T {
  if (value === null || !(value.includes('\0') || value.includes(MARK))) return value;
  return value.replaceAll(MARK, `${MARK}1`).replaceAll('\0', `${MARK}0`) as T;
}

export function unescapeNul<T extends string | null>(text: T): T {
  if (text === null || !text.includes(MARK)) return text;
  return text.replaceAll(`${MARK}0`, '\0').replaceAll(`${MARK}1`, MARK) as T;
}
