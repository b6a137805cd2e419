import { JsonText } from '@millrace/client';
import { UsageError } from '../errors.js';

/**
 * A payload that is sent byte for byte.
 *
 * @param name what the error calls the text, for example `line 12`
 * @throws UsageError if the text is not JSON
 */
export function payloadOf(text: string, name: string, isPlainText = false): JsonText {
  if (isPlainText) return new JsonText(JSON.stringify(text));
  try {
    JSON.parse(text);
  } catch (error) {
    const shown = text.length <= 40 ? text : `${text.slice(0, 40)}…`;
    throw new UsageError(
      `${name} is not JSON: ${shown}`,
      `${(error as Error).message}. Quote it as JSON, or send it as a string with --text.`,
    );
  }
  return new JsonText(text);
}
