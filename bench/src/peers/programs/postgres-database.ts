import { withClient } from '../../servers/postgres-server.js';
import type { PeerServer } from '../peer.js';
import type { Place } from '../run/place.js';

/** A new database for a peer that lives in its client library; it is dropped when the peer stops. */
export async function startDatabase({ stores }: Place): Promise<PeerServer<{ url: string }>> {
  const { url, remove } = await stores.make('postgres');
  const { version, pid } = await describe(url);
  return { address: { url }, version: `PostgreSQL ${version}`, pids: [pid], stop: remove };
}

const describe = (url: string): Promise<{ version: string; pid: number }> =>
  withClient(url, async (client) => {
    const { rows } = await client.query(
      `SELECT current_setting('server_version') AS version,
              split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid`,
    );
    return rows[0];
  });
