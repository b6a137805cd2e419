import type { NewMessage } from '../commands/commands.js';

/** What the payload and headers of a message take, in UTF-8. */
export const bytesOf = ({ payload, headers }: Pick<NewMessage, 'payload' | 'headers'>): number =>
  Buffer.byteLength(payload) + (headers === null ? 0 : Buffer.byteLength(headers));
