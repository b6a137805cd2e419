import Database from 'better-sqlite3';
import pg from 'pg';
import type { ProjectUsage } from '#server/core/limits/project-usage';

type Row = ProjectUsage & { readonly project: string };
type Rows = (sql: string) => Promise<Row[]>;

/** The usage of each project, by its name: as the store keeps it, and as a full count finds it. */
export interface UsageTables {
  readonly kept: Record<string, ProjectUsage>;
  readonly counted: Record<string, ProjectUsage>;
}

/** Reads the tables of a store by its url, while the store may be open. */
export function readUsageTables(url: string): Promise<UsageTables> {
  return url.startsWith('sqlite:')
    ? onSqlite(url.slice('sqlite:'.length))
    : onPostgres(new pg.Client(url));
}

async function onSqlite(path: string): Promise<UsageTables> {
  const db = new Database(path, { readonly: true });
  try {
    // One snapshot, since a commit group may end in between.
    db.exec('BEGIN');
    return await readBoth(async (sql) => db.prepare(sql).all() as Row[], '', '');
  } finally {
    db.close();
  }
}

async function onPostgres(client: pg.Client): Promise<UsageTables> {
  await client.connect();
  try {
    // One snapshot, since a commit group may end in between.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await readBoth(async (sql) => (await client.query(sql)).rows, 'millrace.', '::text');
  } finally {
    await client.end();
  }
}

async function readBoth(rows: Rows, schema: string, asText: string): Promise<UsageTables> {
  const sums = ['messages', 'bytes', 'queues', 'subscriptions', 'keys']
    .map((part) => `CAST(sum(${part}) AS integer) AS ${part}`)
    .join(', ');
  const kept = `SELECT project, ${sums} FROM ${schema}project_counters GROUP BY project`;
  const counted = `SELECT project, ${sums} FROM (
      SELECT q.project, 1 AS messages, m.bytes, 0 AS queues, 0 AS subscriptions, 0 AS keys
        FROM ${schema}messages m JOIN ${schema}queues q
          ON m.bucket_id IN (q.bucket_id, q.dead_bucket_id)
      UNION ALL SELECT project, 0, 0, 1, 0, 0 FROM ${schema}queues
      UNION ALL SELECT q.project, 0, 0, 0, 1, 0
        FROM ${schema}push_subscriptions s JOIN ${schema}queues q ON q.id = s.queue_id
      UNION ALL SELECT project, 0, 0, 0, 0, 1 FROM ${schema}api_keys WHERE ended_at_ms IS NULL
      UNION ALL SELECT project, 0, 200 + octet_length(key) + octet_length(fingerprint)
          + octet_length(outcome), 0, 0, 0 FROM ${schema}idempotency
      UNION ALL SELECT project, 0, 200 + octet_length(deduplication_id)
          + octet_length(message_id${asText}), 0, 0, 0 FROM ${schema}deduplications
    ) AS things GROUP BY project`;
  return { kept: byProject(await rows(kept)), counted: byProject(await rows(counted)) };
}

/** A project without any usage may have a row or none. */
function byProject(rows: readonly Row[]): Record<string, ProjectUsage> {
  const held = rows.filter(({ project: _, ...usage }) =>
    Object.values(usage).some((count) => count !== 0),
  );
  return Object.fromEntries(held.map(({ project, ...usage }) => [project, usage]));
}
