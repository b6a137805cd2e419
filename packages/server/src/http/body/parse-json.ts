import { isUtf8 } from 'node:buffer';
import type { Refusal } from '../../core/refusal.js';
import { invalidJson } from './scan/invalid-json.js';

/** The value of a body and its text. */
export function parseJson(bytes: Buffer): { text: string; value: unknown } | Refusal {
  if (!isUtf8(bytes)) return invalidJson('it is not valid UTF-8');
  const text = bytes.toString('utf8');
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    // The message may quote the body, so only the part about what was expected, and where, is kept.
    const why = (error as Error).message.replace(/, (\.\.\.)?"[\s\S]*$/, '');
    return invalidJson(why.slice(0, 200));
  }
}
