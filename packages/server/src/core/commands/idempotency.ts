import { hash } from 'node:crypto';

/**
 * A digest of what a request asks for: its path and its known fields, with nulls dropped, defaults not
 * filled in, and payloads compared by their bytes. The order of the fields in the body does not matter.
 *
 * @param texts fields that are compared by their text instead of their value, such as `payload`
 */
export function requestFingerprint(
  path: string,
  fields: Readonly<Record<string, unknown>>,
  texts: Readonly<Record<string, string>> = {},
): string {
  const parts = [path];
  for (const name of Object.keys(fields).sort()) {
    if (name === 'idempotency_key') continue;
    const value = texts[name] ?? canonicalJson(fields[name]);
    // The length precedes the text, so that two different requests never give the same bytes.
    parts.push(`\n${name} ${value.length} ${value}`);
  }
  return hash('sha256', parts.join(''), 'base64url');
}

/** JSON whose text does not depend on the order of the fields. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
