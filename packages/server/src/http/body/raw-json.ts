/**
 * Finds the text of a member inside a JSON text, so that a payload can be kept byte for byte:
 * JSON.parse loses large integers, duplicate keys and white space. These functions expect a text that
 * JSON.parse has accepted.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * The text of the member `name` of the object that starts at `from`, without the white space around
 * it. If there are several, it is the last one, as with JSON.parse; undefined if there is none.
 */
export function memberText(json: string, name: string, from = 0): string | undefined {
  let found: string | undefined;
  let at = skipSpace(json, skipSpace(json, from) + 1);
  while (json.charCodeAt(at) !== CLOSE_BRACE) {
    const keyEnd = skipString(json, at);
    const isMember = keyIs(json, at, keyEnd, name);
    const valueStart = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const valueEnd = skipValue(json, valueStart);
    if (isMember) found = json.slice(valueStart, valueEnd);
    at = skipSpace(json, valueEnd);
    if (json.charCodeAt(at) === COMMA) at = skipSpace(json, at + 1);
  }
  return found;
}

/** The texts of the elements of an array. */
export function elementTexts(json: string): string[] {
  const texts: string[] = [];
  let at = skipSpace(json, skipSpace(json, 0) + 1);
  while (json.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = skipValue(json, at);
    texts.push(json.slice(at, end));
    at = skipSpace(json, end);
    if (json.charCodeAt(at) === COMMA) at = skipSpace(json, at + 1);
  }
  return texts;
}

function keyIs(json: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length + 2) return json.startsWith(name, start + 1);
  const key = json.slice(start, end);
  return key.includes('\\') && JSON.parse(key) === name;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  for (;;) {
    const code = json.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** From an opening quote to the position after the closing quote. */
function skipString(json: string, from: number): number {
  let at = from;
  for (;;) {
    at = json.indexOf('"', at + 1);
    let before = at - 1;
    while (json.charCodeAt(before) === BACKSLASH) before -= 1;
    // An even number of backslashes before a quote escape one another and not the quote.
    if ((at - before) % 2 === 1) return at + 1;
  }
}

function skipValue(json: string, from: number): number {
  const first = json.charCodeAt(from);
  if (first === QUOTE) return skipString(json, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(json, from);
  return skipScalar(json, from);
}

function skipNested(json: string, from: number): number {
  let depth = 0;
  let at = from;
  for (;;) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(json, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
}

/** A number, true, false or null ends before the next punctuation or white space. */
function skipScalar(json: string, from: number): number {
  let at = from;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === COLON || code === CLOSE_BRACE || code === CLOSE_BRACKET) break;
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) break;
    at += 1;
  }
  return at;
}
