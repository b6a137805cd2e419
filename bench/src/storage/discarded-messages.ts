import Database from 'better-sqlite3';
import pg from 'pg';
import { sqliteFile } from '../servers/sqlite-store-file.js';
import type { StoreKind } from '../servers/stores.js';

/** Reads the progress of the sweep after a purge from the store, because no call reports it. */
export interface DiscardedMessages {
  areLeft(): Promise<boolean>;
  close(): Promise<void>;
}

const query = (schema: string): string =>
  `SELECT count(*) AS left_over FROM (
     SELECT 1 FROM ${schema}messages m
       JOIN ${schema}discarded_buckets d ON m.bucket_id = d.bucket_id LIMIT 1) x`;

export async function watchDiscarded(
  kind: StoreKind,
  storeUrl: string,
): Promise<DiscardedMessages> {
  if (kind === 'sqlite') {
    const db = new Database(sqliteFile(storeUrl), { readonly: true, fileMustExist: true });
    const statement = db.prepare(query('')).pluck();
    return {
      areLeft: async () => statement.get() !== 0,
      close: async () => void db.close(),
    };
  }
  const client = new pg.Client({ connectionString: storeUrl });
  await client.connect();
  return {
    areLeft: async () => (await client.query(query('millrace.'))).rows[0].left_over !== '0',
    close: () => client.end(),
  };
}
