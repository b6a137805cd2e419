import Database from 'better-sqlite3';

/** The file that a store URL of the bench names. */
export const sqliteFile = (storeUrl: string): string => storeUrl.replace(/^sqlite:/, '');

/**
 * How many messages the server's commits had on average. All messages of a commit have its time in
 * `enqueued_at_ms`, and a commit of many takes longer than a millisecond, so no two have the same time.
 */
export function messagesPerCommit(storeUrl: string): number {
  const query = 'SELECT count(*) * 1.0 / count(DISTINCT enqueued_at_ms) FROM messages';
  return readNumber(storeUrl, query) as number;
}

/**
 * How many messages each commit leased, of those that are leased now; null if none is. They are the
 * oldest of the store, if messages are consumed in order and acked at once.
 */
export const leasesPerCommit = (storeUrl: string): number | null =>
  readNumber(
    storeUrl,
    `SELECT count(leased_at_ms) * 1.0 / count(DISTINCT leased_at_ms)
     FROM (SELECT leased_at_ms FROM messages ORDER BY id LIMIT 10000)`,
  );

function readNumber(storeUrl: string, query: string): number | null {
  const db = new Database(sqliteFile(storeUrl), { readonly: true, fileMustExist: true });
  try {
    return db.prepare(query).pluck().get() as number | null;
  } finally {
    db.close();
  }
}
