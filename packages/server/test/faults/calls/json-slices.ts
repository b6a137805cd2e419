/**
 * Finds values in JSON text without parsing them. `JSON.parse` would lose what the queue promises to
 * keep: big integers, key order, duplicate keys and white space.
 */
export function memberSlice(text: string, name: string): string | undefined {
  let found: string | undefined;
  let index = skipSpace(text, expectChar(text, skipSpace(text, 0), '{'));
  while (text[index] !== '}') {
    const keyEnd = skipString(text, index);
    const key = JSON.parse(text.slice(index, keyEnd)) as string;
    const start = skipSpace(text, expectChar(text, skipSpace(text, keyEnd), ':'));
    const end = skipValue(text, start);
    if (key === name) found = text.slice(start, end);
    index = nextItem(text, end, '}');
  }
  return found;
}

export function elementSlices(text: string): string[] {
  const slices: string[] = [];
  let index = skipSpace(text, expectChar(text, skipSpace(text, 0), '['));
  while (text[index] !== ']') {
    const end = skipValue(text, index);
    slices.push(text.slice(index, end));
    index = nextItem(text, end, ']');
  }
  return slices;
}

function nextItem(text: string, end: number, close: string): number {
  const index = skipSpace(text, end);
  if (text[index] === close) return index;
  return skipSpace(text, expectChar(text, index, ','));
}

function skipValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return skipString(text, start);
  if (first !== '{' && first !== '[') return skipScalar(text, start);
  let depth = 0;
  let index = start;
  while (index < text.length) {
    const char = text[index];
    if (char === '"') {
      index = skipString(text, index);
      continue;
    }
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    index += 1;
    if (depth === 0) return index;
  }
  throw new SyntaxError('the JSON text ends inside a value');
}

function skipScalar(text: string, start: number): number {
  let index = start;
  while (index < text.length && !',]} \t\r\n'.includes(text[index] ?? '')) index += 1;
  if (index === start) throw new SyntaxError(`no JSON value at ${start}`);
  return index;
}

function skipString(text: string, start: number): number {
  let index = expectChar(text, start, '"');
  while (index < text.length) {
    const char = text[index];
    if (char === '"') return index + 1;
    index += char === '\\' ? 2 : 1;
  }
  throw new SyntaxError('the JSON text ends inside a string');
}

function expectChar(text: string, index: number, char: string): number {
  if (text[index] !== char) throw new SyntaxError(`expected ${char} at ${index}`);
  return index + 1;
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (index < text.length && ' \t\r\n'.includes(text[index] ?? '')) index += 1;
  return index;
}
