import type { QueueMessage } from '@millrace/client';
import { toWire } from '@millrace/client';
import { oneLine } from './json-line.js';
import type { Output } from './output.js';
import { printable } from './printable.js';

/** A message for people: a line of its fields, and its payload below. */
export function messageText(out: Output, message: QueueMessage): string {
  const { payload, queue: _, ...fields } = message;
  const named = Object.entries(toWire(fields) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return `${out.paint('dim', printable(named.join(' ')))}\n${payloadLine(payload)}`;
}

/** A payload, which is its own text, in one line that is safe on any terminal. */
export const payloadLine = (payload: unknown): string => printable(oneLine(String(payload)));

/** The beginning of a payload, for a table. */
export function payloadCell(payload: unknown, columns = 60): string {
  const line = payloadLine(payload);
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}
