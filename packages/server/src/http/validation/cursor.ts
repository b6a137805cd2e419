import { type Refusal, wrongCursor } from '../../core/refusal.js';

/**
 * Reads a cursor, which is the key of the last item of a page, so that it stays valid when items change
 * between pages. It is opaque to clients.
 *
 * @param form the pattern of the keys of such a page
 */
export function readCursor(cursor: string | undefined, form: RegExp): string | null | Refusal {
  if (cursor === undefined) return null;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  return writeCursor(key) === cursor && form.test(key) ? key : wrongCursor();
}

export const writeCursor = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');

/** A page of up to `limit` items. If `items` has one more, there is a next page. */
export function pageOf<T>(items: readonly T[], limit: number, keyOf: (item: T) => string) {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return items.length > limit && last !== undefined
    ? { items: page, next_cursor: writeCursor(keyOf(last)) }
    : { items: page };
}
