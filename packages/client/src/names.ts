/**
 * Names of fields: snake case on the wire, camel case in this package. Payloads and maps whose names
 * belong to the user are left alone.
 */
const LEFT_ALONE = new Set(['payload', 'headers']);

const camelNames = new Map<string, string>();
const snakeNames = new Map<string, string>();

/** `delay_seconds` becomes `delaySeconds`. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** `delaySeconds` becomes `delay_seconds`. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The names of fields repeat in every answer, so each is converted once; the number kept is bounded. */
function remembered(names: Map<string, string>, name: string, convert: (name: string) => string) {
  let converted = names.get(name);
  if (converted === undefined) {
    converted = convert(name);
    if (names.size < 1_000) names.set(name, converted);
  }
  return converted;
}

export const fromWire = (value: unknown): unknown => renamed(value, camelNames, camelCase);
/** A record with the names of its fields as PROTOCOL.md has them, for example for a log. */
export const toWire = (value: unknown): unknown => renamed(value, snakeNames, snakeCase);

/** The value of one field of a request. */
export const fieldToWire = (name: string, value: unknown): unknown =>
  LEFT_ALONE.has(name) ? value : toWire(value);

function renamed(
  value: unknown,
  names: Map<string, string>,
  convert: (name: string) => string,
): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names, convert));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const fields = value as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  // Many messages pass here: pairs of names and fields would be most of the garbage of a worker.
  for (const name of Object.keys(fields)) {
    const field = fields[name];
    result[remembered(names, name, convert)] = LEFT_ALONE.has(name)
      ? field
      : renamed(field, names, convert);
  }
  return result;
}
