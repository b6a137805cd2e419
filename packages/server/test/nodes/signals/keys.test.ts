import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import type { HttpAnswer, Json, TestServer } from '../../harness/http-server.js';
import { type PostgresNodes, startNodes } from '../postgres-nodes.js';

const REVOKED_WITHIN_MS = 5_000;

describe('API keys over three nodes', () => {
  let nodes: PostgresNodes;
  const at = (node: number): TestServer => nodes.servers[node % 3] as TestServer;
  const list = (node: number, key: string): Promise<HttpAnswer> =>
    at(node).call('GET', '/v1/queue/list', undefined, { key });

  beforeAll(async () => {
    nodes = await startNodes(3);
  });
  afterAll(() => nodes.stop());

  async function createKey(node: number, fields: object = {}): Promise<Json> {
    const { status, text, body } = await at(node).call('POST', '/v1/account/keys/create', fields);
    expect(status, text).toBe(200);
    return body.data;
  }

  async function statusesEverywhere(key: string): Promise<number[]> {
    const answers = await Promise.all([0, 1, 2].map((node) => list(node, key)));
    return answers.map(({ status }) => status);
  }

  it('are accepted on every node at once when new, also after an unknown key was refused', async () => {
    expect(await statusesEverywhere('ifr_never_made_0123456789')).toEqual([401, 401, 401]);
    for (let node = 0; node < 6; node += 1) {
      const { key } = await createKey(node);
      expect(await statusesEverywhere(key)).toEqual([200, 200, 200]);
    }
  });

  it('are refused at once where they were revoked, and soon on every node', async () => {
    const { key, key_id } = await createKey(0);
    expect(await statusesEverywhere(key)).toEqual([200, 200, 200]);
    const revoked = await at(0).call('POST', `/v1/account/keys/revoke/${key_id}`);
    const revokedAtMs = performance.now();
    expect(revoked.status, revoked.text).toBe(200);
    expect((await list(0, key)).status).toBe(401);

    // The key stays in use, so that a frequent use on a node cannot delay the refusal there.
    const refusedAfterMs: (number | undefined)[] = [0, undefined, undefined];
    while (refusedAfterMs.includes(undefined) && performance.now() - revokedAtMs < 8_000) {
      for (const [node, status] of (await statusesEverywhere(key)).entries()) {
        const wasRefused = refusedAfterMs[node] !== undefined;
        if (status === 401) refusedAfterMs[node] ??= performance.now() - revokedAtMs;
        expect(wasRefused && status === 200, 'a refused key was accepted again').toBe(false);
      }
      await pause(20);
    }
    process.stdout.write(
      `revoked elsewhere after ${refusedAfterMs.slice(1).map(Math.round as never)} ms\n`,
    );
    for (const ms of refusedAfterMs) expect(ms).toBeLessThan(REVOKED_WITHIN_MS);
  });

  it('are refused on every node from their expiry on', async () => {
    const expiresAt = Date.now() + 6_000;
    const { key } = await createKey(0, { expires_at: expiresAt });
    expect(await statusesEverywhere(key)).toEqual([200, 200, 200]);
    await pause(expiresAt + 100 - Date.now());
    expect(await statusesEverywhere(key)).toEqual([401, 401, 401]);
  });
});
