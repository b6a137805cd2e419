import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { SeededRandom } from '../faults/load/seeded-random.js';
import type { Actor } from '../fifo/actor.js';
import { httpClient } from '../fifo/http-client.js';
import { observeRun } from '../fifo/observed-run.js';
import type { TestServer } from '../harness/http-server.js';
import { type PostgresNodes, startNodes } from './postgres-nodes.js';

const SECONDS = Number(process.env.MILLRACE_TEST_SECONDS ?? 8);
const SEED = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 1_000_000_000);
/** So long that no correct consumer exceeds it, even on a busy machine. */
const VISIBILITY_MS = 5_000;

describe('FIFO queues on three nodes at once', () => {
  let nodes: PostgresNodes;
  beforeAll(async () => {
    nodes = await startNodes(3);
  });
  afterAll(() => nodes.stop());

  it('keep their promises to clients that switch between nodes', async () => {
    const nodeOf = new SeededRandom(SEED);
    const api = httpClient(() => nodeOf.pick(nodes.servers) as TestServer);
    const run = await observeRun({
      ...{ api, seed: SEED, clients: 12, visibilityMs: VISIBILITY_MS },
      oneByOne: false,
      drainSteps: 200,
      work: async (actors, random) => {
        const endAtMs = performance.now() + SECONDS * 1_000;
        const workOn = async (actor: Actor, own: SeededRandom): Promise<void> => {
          while (performance.now() < endAtMs) {
            await actor.act();
            await pause(own.integer(0, 40));
          }
        };
        await Promise.all(actors.map((actor) => workOn(actor, random.fork())));
      },
    });
    const { calls, delivered, broken } = run;
    process.stdout.write(
      `FIFO on three nodes, seed ${SEED}: ${JSON.stringify({ calls, delivered })}\n`,
    );
    expect(broken.slice(0, 10), `seed ${SEED}`).toEqual([]);
    expect(delivered).toBeGreaterThan(100);
  }, 120_000);
});
