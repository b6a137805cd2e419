import { printable } from './printable.js';

/** A JSON string cannot contain a raw control character, so all of them stand between values. */
export const oneLine = (json: string): string => json.replace(/[\t\n\r]+/g, ' ');

/** A payload, which is its own text, in one line that is safe on any terminal. */
export const payloadLine = (payload: unknown): string => printable(oneLine(String(payload)));

/** The beginning of a payload, for a table. */
export function payloadCell(payload: unknown, columns = 60): string {
  const line = payloadLine(payload);
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}
