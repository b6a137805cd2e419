import { isUtf8 } from 'node:buffer';
import type { Refusal } from '../../core/refusal.js';
import { invalidJson } from './scan/invalid-json.js';

/** What a body says, and its text. */
export function parseJson(bytes: Buffer): { text: string; value: unknown } | Refusal {
  if (!isUtf8(bytes)) return invalidJson('it is not valid UTF-8');
  const text = bytes.toString('utf8');
  try {
    return { text, value: JSON.parse(text) };
  } catch (error) {
    // The message may quote the body; what was expected where is enough.
    const why = (error as Error).message.replace(/, (\.\.\.)?"[\s\S]*$/, '');
    return invalidJson(why.slice(0, 200));
  }
}
