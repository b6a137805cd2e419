import type { QueueMessage } from '@millrace/client';
import { toWire } from '@millrace/client';
import type { Output } from './output.js';
import { payloadLine } from './payload-text.js';
import { printable } from './printable.js';

/** A message for people: a line of its fields, and its payload below. */
export function messageText(out: Output, message: QueueMessage): string {
  const { payload, queue: _, ...fields } = message;
  const named = Object.entries(toWire(fields) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return `${out.paint('dim', printable(named.join(' ')))}\n${payloadLine(payload)}`;
}
