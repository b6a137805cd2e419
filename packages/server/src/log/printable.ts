/**
 * Control characters, and those that nobody sees but which turn or hide what stands around them: a
 * name that a caller chose must not move the cursor of whoever reads the log.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The same with such characters written as JSON writes them. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
