/** How a language writes a value. */
export interface LiteralStyle {
  readonly key: (name: string) => string;
  readonly string: (text: string) => string;
  readonly words: { readonly true: string; readonly false: string; readonly null: string };
  readonly indent: string;
  /** Between the braces of an object and its fields. */
  readonly padding: string;
}

/** An argument of a call; the name is what stands before its value. */
export interface Argument {
  readonly name: string;
  readonly value: unknown;
}

const LINE_MAX_CHARS = 80;

/** A call as a program writes it: on one line if it fits, else with one argument in each line. */
export function writtenCall(head: string, args: readonly Argument[], style: LiteralStyle): string {
  const line = `${head}(${args.map(({ name, value }) => name + onOneLine(value, style)).join(', ')})`;
  if (line.length <= LINE_MAX_CHARS) return line;
  const [only] = args;
  if (args.length === 1 && only !== undefined) {
    return `${head}(${only.name}${onManyLines(only.value, style, '')})`;
  }
  const lines = args.map(
    ({ name, value }) => `${style.indent}${name}${literal(value, style, style.indent)},\n`,
  );
  return `${head}(\n${lines.join('')})`;
}

function literal(value: unknown, style: LiteralStyle, indent: string): string {
  const line = onOneLine(value, style);
  const fits = indent.length + line.length < LINE_MAX_CHARS;
  return fits ? line : onManyLines(value, style, indent);
}

function onOneLine(value: unknown, style: LiteralStyle): string {
  if (typeof value === 'string') return style.string(value);
  if (value === null || typeof value === 'boolean') {
    return style.words[String(value) as 'true' | 'false' | 'null'];
  }
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => onOneLine(item, style)).join(', ')}]`;
  const fields = Object.entries(value).map(
    ([name, field]) => `${style.key(name)}: ${onOneLine(field, style)}`,
  );
  return `{${style.padding}${fields.join(', ')}${style.padding}}`;
}

function onManyLines(value: unknown, style: LiteralStyle, indent: string): string {
  if (typeof value !== 'object' || value === null) return onOneLine(value, style);
  const inner = indent + style.indent;
  const isList = Array.isArray(value);
  const entries = Object.entries(value).map(
    ([name, field]) => (isList ? '' : `${style.key(name)}: `) + literal(field, style, inner),
  );
  const lines = entries.map((entry) => `${inner}${entry},\n`).join('');
  return isList ? `[\n${lines}${indent}]` : `{\n${lines}${indent}}`;
}
