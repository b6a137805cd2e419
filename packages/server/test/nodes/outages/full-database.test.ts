import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectAdmin, type PostgresNodes, startNodes } from '../postgres-nodes.js';

/** A database that answers as one whose disk is full, to whatever adds a row with a payload or an answer. */
const FULL = `
  CREATE FUNCTION millrace.no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
  END $$;
  CREATE TRIGGER no_room BEFORE INSERT ON millrace.messages EXECUTE FUNCTION millrace.no_room();
  CREATE TRIGGER no_room BEFORE INSERT ON millrace.idempotency EXECUTE FUNCTION millrace.no_room();`;
const ROOM = 'DROP FUNCTION millrace.no_room CASCADE';

let nodes: PostgresNodes;
beforeAll(async () => {
  nodes = await startNodes(1);
});
afterAll(() => nodes.stop());

it('while the disk of the database is full, the node says that publishing is stopped, and why', async () => {
  const [server] = nodes.servers as [PostgresNodes['servers'][0]];
  const [client] = nodes.clients as [PostgresNodes['clients'][0]];
  const queue = await client.newQueue();
  const publish = async () => (await client.post('publish', { queue, payload: 1 })).status;
  const readiness = async () => (await server.call('GET', '/readyz')).body;
  const isStopped = async () =>
    /^millrace_publishing_stopped (\d)$/m.exec((await server.call('GET', '/metrics')).text)?.[1];
  expect(await publish()).toBe(200);
  expect(await readiness()).toEqual({ status: 'ready' });
  expect(await isStopped()).toBe('0');

  const admin = await connectAdmin(nodes.fixture.url);
  try {
    await admin.query(FULL);
    expect(await publish()).toBe(507);
    const stopped = { status: 'ready', publishing: "stopped: the database's disk is full" };
    expect(await readiness()).toEqual(stopped);
    expect(await isStopped()).toBe('1');

    await admin.query(ROOM);
    // Nobody publishes, so the node tries by itself.
    await expect.poll(readiness, { timeout: 30_000 }).toEqual({ status: 'ready' });
    expect(await isStopped()).toBe('0');
    const { rows } = await admin.query("SELECT 1 FROM millrace.idempotency WHERE project = ''");
    expect(rows).toEqual([]);
  } finally {
    await admin.end();
  }
}, 60_000);
