/** A string, a bracket or a mark, or a number or word. White space between them is skipped. */
const PART = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** A JSON text without white space around its parts; each of these stays as it was written. */
export const compactJson = (json: string): string => (json.match(PART) ?? []).join('');

/**
 * A JSON text with a line for each value, which stays as it was written. After `mostCharacters` it ends,
 * because the indentation of a deep value may be far longer than its text.
 */
export function indentedJson(json: string, mostCharacters: number): string {
  let text = '';
  let depth = 0;
  let before = '';
  const line = (): string => `\n${'  '.repeat(depth)}`;
  for (const [part] of json.matchAll(PART)) {
    const isFirst = before === '{' || before === '[';
    if (part === '}' || part === ']') {
      depth -= 1;
      text += isFirst ? part : `${line()}${part}`;
    } else if (part === ',') {
      text += `,${line()}`;
    } else if (part === ':') {
      text += ': ';
    } else {
      text += isFirst ? `${line()}${part}` : part;
      if (part === '{' || part === '[') depth += 1;
    }
    before = part;
    if (text.length > mostCharacters) return text.slice(0, mostCharacters);
  }
  return text;
}
