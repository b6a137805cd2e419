import { invalidOption, MillraceError } from '../errors.js';
import { fieldToWire, snakeCase } from '../names.js';

/** One call of the contract: method and path, with `{name}` for what stands in the path. */
export interface Call {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly acceptsKey: boolean;
}

export type Fields = Readonly<Record<string, unknown>>;

/** JSON text that is sent as it stands: a payload that keeps its large integers and its white space. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Text that this client has made of values, which need not be checked again. */
export class EncodedJson extends JsonText {}

export interface PreparedRequest {
  readonly method: string;
  /** Path and query string. */
  readonly target: string;
  readonly body: string | undefined;
}

/** Puts each field where it belongs: into the path, the query string (GET) or the body. */
export function prepareRequest(
  call: Call,
  fields: Fields,
  idempotencyKey: string | undefined,
): PreparedRequest {
  const { target, rest } = fillPath(call.path, fields);
  if (call.method === 'GET') {
    return { method: call.method, target: target + queryOf(rest), body: undefined };
  }
  const all =
    idempotencyKey === undefined ? rest : [...rest, ['idempotencyKey', idempotencyKey] as const];
  return { method: call.method, target, body: encodeFields(all) };
}

type Entry = readonly [name: string, value: unknown];

function fillPath(path: string, fields: Fields): { target: string; rest: Entry[] } {
  const inPath = new Set<string>();
  const target = path.replace(/\{(\w+)\}/g, (_, wireName: string) => {
    inPath.add(wireName);
    const [name, value] =
      Object.entries(fields).find(([field]) => snakeCase(field) === wireName) ?? [];
    return segment(name ?? wireName, value);
  });
  const rest = Object.entries(fields).filter(([name]) => !inPath.has(snakeCase(name)));
  return { target, rest };
}

function segment(name: string, value: unknown): string {
  // `.` and `..` would lead to another path, and so to another call. Half a character has no encoding.
  if (typeof value !== 'string' || /^\.{0,2}$|\p{Cs}/u.test(value)) {
    throw invalidOption(`${name} must be a text that names something`);
  }
  return encodeURIComponent(value);
}

function queryOf(entries: readonly Entry[]): string {
  const query = new URLSearchParams(
    entries
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [snakeCase(name), String(value)]),
  ).toString();
  return query === '' ? '' : `?${query}`;
}

/** The JSON object of these fields, without those that are undefined. */
export function encodeFields(entries: readonly Entry[]): string {
  const fields = entries
    // A payload must not get lost silently; it has no JSON text, which is said below.
    .filter(([name, value]) => value !== undefined || name === 'payload')
    .map(([name, value]) => `"${snakeCase(name)}":${encode(name, value)}`);
  return `{${fields.join(',')}}`;
}

function encode(name: string, value: unknown): string {
  if (value instanceof EncodedJson) return value.text;
  return encodeJson(name, name === 'payload' ? value : finite(name, value));
}

/** JSON has null for NaN and infinity, with which a delay or a limit would get lost silently. */
export function finite<T>(name: string, value: T): T {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalidOption(`${name} must be a number`);
  }
  return value;
}

/** JSON text. Some values have none: undefined, functions, symbols, bigints and cycles. */
function encodeJson(name: string, value: unknown): string {
  let cause: unknown;
  try {
    const text =
      value instanceof JsonText ? checked(value.text) : JSON.stringify(fieldToWire(name, value));
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  throw new MillraceError({
    code: 'INVALID_PAYLOAD',
    message: `${name} cannot be written as JSON`,
    hint: 'JSON has no undefined, function, symbol, bigint or cycle.',
    cause,
  });
}

/** Other text than one JSON value could add fields and messages of its own. */
function checked(json: string): string {
  JSON.parse(json);
  return json;
}
