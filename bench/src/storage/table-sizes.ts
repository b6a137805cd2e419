import type { Client } from 'pg';

export interface IndexSize {
  name: string;
  bytes: number;
}

export interface TableSize {
  name: string;
  /** The size without its indexes. */
  bytes: number;
  /** As PostgreSQL counts them; the count lags by a second or so. */
  deadTuples: number;
  /** How many runs of autovacuum have finished. */
  autovacuums: number;
  indexes: IndexSize[];
}

const QUERY = `
SELECT s.relname AS name, pg_table_size(s.relid) AS bytes, s.n_dead_tup AS "deadTuples",
       s.autovacuum_count AS autovacuums,
       coalesce((SELECT json_agg(json_build_object('name', i.indexrelname,
                                 'bytes', pg_relation_size(i.indexrelid)) ORDER BY i.indexrelname)
                 FROM pg_stat_user_indexes i WHERE i.relid = s.relid), '[]') AS indexes
FROM pg_stat_user_tables s
WHERE s.n_tup_upd + s.n_tup_del > 1000
ORDER BY s.relname`;

/** The tables whose rows come and go, whatever their names are in this version of the schema. */
export async function readTableSizes(client: Client): Promise<TableSize[]> {
  const { rows } = await client.query(QUERY);
  return rows.map((row) => ({
    ...row,
    bytes: Number(row.bytes),
    deadTuples: Number(row.deadTuples),
    autovacuums: Number(row.autovacuums),
  }));
}
