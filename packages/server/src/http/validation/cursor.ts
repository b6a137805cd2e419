import { type Refusal, wrongCursor } from '../../core/refusal.js';

/**
 * A cursor is the key of the last item of a page, so that it survives whatever changes between
 * pages. To the client it is opaque.
 *
 * @param form what the keys of such a page look like
 */
export function readCursor(cursor: string | undefined, form: RegExp): string | null | Refusal {
  if (cursor === undefined) return null;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  return writeCursor(key) === cursor && form.test(key) ? key : wrongCursor();
}

export const writeCursor = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');

/** A page of `limit` items out of one more than that, where there are so many. */
export function pageOf<T>(items: readonly T[], limit: number, keyOf: (item: T) => string) {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return items.length > limit && last !== undefined
    ? { items: page, next_cursor: writeCursor(keyOf(last)) }
    : { items: page };
}
