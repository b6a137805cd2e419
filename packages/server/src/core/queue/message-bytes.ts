import type { NewMessage } from '../commands/commands.js';

/** The size of a message's payload and headers, in UTF-8 bytes. */
export const bytesOf = ({ payload, headers }: Pick<NewMessage, 'payload' | 'headers'>): number =>
  Buffer.byteLength(payload) + (headers === null ? 0 : Buffer.byteLength(headers));
