import { escapeNul } from './escaped-nul.js';

/**
 * The value of a `$n` in a statement. All text is encoded here and decoded in `batch.ts`, as described
 * in `escaped-nul.ts`, so that no statement has to care about characters that the database rejects.
 */
export type Parameter = Scalar | Encoded | readonly Scalar[];
type Scalar = string | number | boolean | null | undefined;

/** Text or bytes in which all text is encoded already. */
export class Encoded {
  constructor(readonly value: string | Buffer) {}
}

/** The text form of a value, or PostgreSQL's binary form of its type. */
export function encodeParameter(value: Parameter): string | Buffer | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return escapeNul(value);
  if (value instanceof Encoded) return value.value;
  if (Array.isArray(value)) return encodeArray(value);
  return String(value);
}

/** As in https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function encodeArray(values: readonly Scalar[]): string {
  let text = '{';
  for (const [index, value] of values.entries()) {
    if (index > 0) text += ',';
    if (value === null || value === undefined) text += 'NULL';
    else if (typeof value === 'string') text += quote(escapeNul(value));
    else text += value;
  }
  return `${text}}`;
}

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

const TEXT_OID = 25;

/**
 * A `text[]` in binary, for long or many texts: neither side has to escape them. The format is that of
 * array_recv in https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c
 */
export function textArray(texts: readonly (string | null)[]): Encoded {
  const values = texts.map(escapeNul);
  const lengths = values.map((value) => (value === null ? 0 : Buffer.byteLength(value)));
  const buffer = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 20));
  let at = 0;
  const writeInt = (value: number): void => {
    at = buffer.writeInt32BE(value, at);
  };
  // One dimension, with nulls, of type text, the number of texts, indexed from 1.
  for (const value of [1, 1, TEXT_OID, values.length, 1]) writeInt(value);
  for (const [index, value] of values.entries()) {
    writeInt(value === null ? -1 : (lengths[index] as number));
    if (value !== null) at += buffer.write(value, at);
  }
  return new Encoded(buffer);
}

/** JSON whose strings the database can extract as text. */
export const jsonOf = (value: unknown): Encoded =>
  new Encoded(
    JSON.stringify(value, (_name, item) => (typeof item === 'string' ? escapeNul(item) : item)),
  );
