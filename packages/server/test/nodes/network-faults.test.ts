import { afterAll, beforeAll, describe, it } from 'vitest';
import { pause } from '../faults/pause.js';
import { type RunningPostgres, startPostgres } from '../harness/postgres.js';
import { TcpProxy } from '../harness/tcp-proxy.js';
import { ANSWER_WITHIN_MS, expectKept, LoadedNodes, type LoadReport } from './node-load.js';

/** How soon a node must serve again once its database can be reached. */
const BACK_WITHIN_MS = 15_000;

// Each has a network of its own to break, and most of their time is spent waiting.
describe.concurrent('nodes that lose contact to their database under load', () => {
  let postgres: RunningPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  /** Two nodes: one goes by the network that breaks, the other one is spared. */
  async function loadWhile(
    during: (proxy: TcpProxy, nodes: LoadedNodes) => Promise<void>,
  ): Promise<LoadReport> {
    const proxy = await TcpProxy.start(postgres.url);
    const nodes = await LoadedNodes.start([proxy.url, postgres.url]);
    try {
      return await nodes.load(() => during(proxy, nodes));
    } finally {
      await nodes.stop();
      await proxy.stop();
    }
  }

  it('keep their promises while connections are cut without a word', async () => {
    const report = await loadWhile(async (proxy, nodes) => {
      for (let round = 0; round < 10; round += 1) {
        await pause(150 + 20 * (round % 5));
        proxy.cut();
      }
      proxy.refuse();
      await pause(1_000);
      proxy.resume();
      await nodes.answering(BACK_WITHIN_MS);
      await pause(500);
    });
    expectKept('cut', report);
  });

  it('keep their promises while the network is silent for some seconds', async () => {
    const report = await loadWhile(async (proxy, nodes) => {
      await pause(500);
      proxy.goSilent();
      await pause(7_000);
      proxy.resume();
      await nodes.answering(BACK_WITHIN_MS);
      await pause(1_000);
    });
    expectKept('silent for a while', report);
  });

  it('answer in time when the connections they have go silent for good', async () => {
    const report = await loadWhile(async (proxy, nodes) => {
      await pause(500);
      proxy.forgetConnections();
      // Long enough that calls come to wait behind those that wait for a lost connection.
      await pause(ANSWER_WITHIN_MS);
      await nodes.answering(BACK_WITHIN_MS);
    });
    expectKept('silent for good', report);
  }, 120_000);
});
