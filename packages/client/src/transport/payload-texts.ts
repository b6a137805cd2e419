/** A string, a bracket or a mark, or a number or word. White space between them is skipped. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Makes a string of each payload in an answer: its own text, as it was published. `JSON.parse` would
 * change large integers and drop repeated names.
 */
export function withPayloadTexts(answer: string): string {
  // Most answers have no payload, and the list of all queues is long.
  if (!answer.includes('"payload"')) return answer;
  const tokens = new RegExp(TOKEN);
  const parts: string[] = [];
  let copiedTo = 0;
  let before = '';
  for (let token = tokens.exec(answer); token !== null; token = tokens.exec(answer)) {
    const isNamed = token[0] === ':' && (before === '"payload"' || before === '"headers"');
    if (isNamed) {
      const begin = tokens.lastIndex;
      // An answer that was cut off; whoever parses it says so.
      if (!skipValue(tokens, answer)) return answer;
      // Headers may be called "payload" too; they stay as they are.
      if (before === '"payload"') {
        const text = answer.slice(begin, tokens.lastIndex).trim();
        parts.push(answer.slice(copiedTo, begin), JSON.stringify(text));
        copiedTo = tokens.lastIndex;
      }
    }
    before = token[0];
  }
  return parts.length === 0 ? answer : parts.join('') + answer.slice(copiedTo);
}

/** @returns whether the value has an end */
function skipValue(tokens: RegExp, json: string): boolean {
  let depth = 0;
  do {
    const token = tokens.exec(json)?.[0];
    if (token === undefined) return false;
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
  } while (depth > 0);
  return true;
}

/**
 * `fetch` for a `Millrace` whose payloads are to be texts as they were published, for programs that show
 * or copy messages: `new Millrace({ fetch: fetchPayloadTexts })`. They are published as `JsonText`. It is an
 * entry of its own, because most programs do without.
 */
export const fetchPayloadTexts: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const text = withPayloadTexts(await response.text());
  const { status, headers } = response;
  return new Response(text, { status, headers });
};
