/** A word of a shell command, quoted if it needs it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The words of a command, on several lines if they are long. */
export function shellCommand(words: readonly string[]): string {
  const line = words.join(' ');
  return line.length <= 80 ? line : words.join(' \\\n  ');
}
