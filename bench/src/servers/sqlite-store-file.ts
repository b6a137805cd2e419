import Database from 'better-sqlite3';

/** The file that a store URL of the bench names. */
export const sqliteFile = (storeUrl: string): string => storeUrl.replace(/^sqlite:/, '');

/**
 * How many messages the server's commits had on average. All messages of a commit have its time in
 * `enqueued_at_ms`, and a commit of many takes longer than a millisecond, so no two have the same time.
 */
export function messagesPerCommit(storeUrl: string): number {
  const db = new Database(sqliteFile(storeUrl), { readonly: true, fileMustExist: true });
  try {
    const query = 'SELECT count(*) * 1.0 / count(DISTINCT enqueued_at_ms) FROM messages';
    return db.prepare(query).pluck().get() as number;
  } finally {
    db.close();
  }
}
