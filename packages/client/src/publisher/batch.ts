import type { PublishReturns } from '../contract/types.js';
import { MillraceError } from '../errors.js';

/** A message on its way, with the promise that its publisher got. */
export interface Entry {
  /** The message as JSON text, as it stands in a batch. */
  readonly text: string;
  readonly bytes: number;
  resolve(stored: PublishReturns): void;
  reject(error: unknown): void;
}

/** Takes the first entries, as many as fit into a batch; a single one always fits. */
export function takeBatch(waiting: Entry[], maxMessages: number, maxBytes: number): Entry[] {
  let count = 0;
  let bytes = 0;
  for (const entry of waiting) {
    bytes += entry.bytes + 1;
    if (count > 0 && (count >= maxMessages || bytes > maxBytes)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

export type Store = (entries: readonly Entry[]) => Promise<string[]>;

/**
 * Stores a batch and settles the promise of each entry. The server stores all of a batch or nothing, so
 * after a refusal the entries at fault are taken out, and the rest is stored without them.
 */
export async function storeBatch(batch: readonly Entry[], store: Store): Promise<void> {
  if (batch.length === 0) return;
  try {
    const messageIds = await store(batch);
    for (const [index, entry] of batch.entries()) {
      entry.resolve({ messageId: messageIds[index] as string });
    }
  } catch (error) {
    for (const part of withoutFaults(batch, error)) await storeBatch(part, store);
  }
}

/** Statuses of refusals that are about single messages, or about the size of the batch. */
const ABOUT_ENTRIES = new Set<unknown>([400, 413]);

/** Rejects what is at fault. @returns what is worth another try, in parts */
function withoutFaults(batch: readonly Entry[], error: unknown): (readonly Entry[])[] {
  const isAboutEntries = error instanceof MillraceError && ABOUT_ENTRIES.has(error.status);
  if (!isAboutEntries || batch.length === 1) {
    for (const entry of batch) entry.reject(error);
    return [];
  }
  const faulty = new Set(error.details.map(({ path }) => indexIn(path)));
  const isNamed = batch.some((_, index) => faulty.has(index));
  if (!isNamed) {
    const middle = Math.ceil(batch.length / 2);
    return [batch.slice(0, middle), batch.slice(middle)];
  }
  for (const [index, entry] of batch.entries()) {
    if (faulty.has(index)) entry.reject(aboutEntry(error, index));
  }
  return [batch.filter((_, index) => !faulty.has(index))];
}

/** The index in a JSON pointer such as `/messages/3/delay_seconds`. */
const indexIn = (path: string): number =>
  Number(/^\/messages\/(\d+)/.exec(path)?.[1] ?? Number.NaN);

/** The refusal with the details of one entry, whose paths begin at the message. */
function aboutEntry(error: MillraceError, index: number): MillraceError {
  const details = error.details
    .filter(({ path }) => indexIn(path) === index)
    .map(({ path, message }) => ({ path: path.replace(`/messages/${index}`, ''), message }));
  const { code, status, message, hint, requestId } = error;
  return new MillraceError({ code, status, message, hint, requestId, details, cause: error });
}
