/**
 * Characters that must not reach a terminal as they stand: they move its cursor, change its colours or
 * its settings, or reverse the direction of a text. Payloads are written by others.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Writes control characters as `\uXXXX`. In a JSON text that changes nothing of its meaning. */
export const printable = (text: string): string =>
  text.replace(UNSAFE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
