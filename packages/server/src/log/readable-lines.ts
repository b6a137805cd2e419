import { printable } from './printable.js';

const LEVEL_CHARS = 5;
const RESET = '\u001b[0m';
const GREY = '\u001b[90m';
const COLOURS: Readonly<Record<string, string>> = {
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};

/** A line for people at a terminal: the time, the level, the message and the fields. */
export function readableLine(json: string, colour: boolean): string {
  const { time, level, msg, stack, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const paint = (code: string | undefined, text: string): string =>
    colour && code !== undefined ? code + text + RESET : text;
  const name = String(level);
  const parts = [
    paint(GREY, String(time)),
    paint(COLOURS[name], name.toUpperCase().padEnd(LEVEL_CHARS)),
    printable(String(msg)),
    ...Object.entries(fields).map(
      ([key, value]) => paint(GREY, `${printable(key)}=`) + readableValue(value),
    ),
  ];
  const frames = typeof stack === 'string' ? stack.split('\n').map(printable) : [];
  return [parts.join(' '), ...frames].join('\n');
}

/** Without quotes if it is one plain word. */
function readableValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return printable(/^[^\s"=]+$/.test(text) ? text : JSON.stringify(value));
}
