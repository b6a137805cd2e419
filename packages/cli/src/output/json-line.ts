import { toWire } from '@millrace/client';
import { oneLine } from './payload-text.js';
import { printable } from './printable.js';

/**
 * A record as one line of JSON, with the field names of the API. A payload, which this program has as a
 * text, keeps that text, apart from line breaks outside of strings.
 */
export function jsonLine(record: object): string {
  const fields = Object.entries(toWire(record) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${jsonText(name, value)}`);
  return printable(`{${fields.join(',')}}`);
}

const jsonText = (name: string, value: unknown): string =>
  name === 'payload' && typeof value === 'string' ? oneLine(value) : JSON.stringify(value);
