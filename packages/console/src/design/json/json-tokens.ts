export interface JsonToken {
  readonly kind: 'name' | 'string' | 'number' | 'word' | 'mark';
  readonly text: string;
  /** Where in the text it begins. */
  readonly at: number;
}

const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b/g;

/** Splits a JSON text into parts that are shown in different colours. Joined they are the text again. */
export function tokensOf(text: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, number] = match;
    if (match.index > end)
      tokens.push({ kind: 'mark', text: text.slice(end, match.index), at: end });
    const kind =
      string !== undefined
        ? colon === undefined
          ? 'string'
          : 'name'
        : number !== undefined
          ? 'number'
          : 'word';
    tokens.push({ kind, text: whole, at: match.index });
    end = match.index + whole.length;
  }
  if (end < text.length) tokens.push({ kind: 'mark', text: text.slice(end), at: end });
  return tokens;
}
