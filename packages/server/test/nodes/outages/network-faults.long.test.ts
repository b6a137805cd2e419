import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../faults/load/pause.js';
import { type RunningPostgres, startPostgres } from '../../harness/postgres.js';
import { TcpProxy } from '../../harness/tcp-proxy.js';
import { callNode, expectKept, LoadedNodes, type LoadReport } from '../node-load.js';
import { median } from '../postgres-nodes.js';

/** How soon a node must serve again once its database can be reached. */
const BACK_WITHIN_MS = 15_000;
/** For a whole load and its drain, on a machine that does other work. */
const LOAD_TIMEOUT_MS = 180_000;

// Each test breaks its own network, and spends most of its time waiting.
describe.concurrent('nodes that lose contact with their database under load', () => {
  let postgres: RunningPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  /** Starts two nodes: one uses the network that breaks, the other a sound one. */
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

  it(
    'keep their promises while connections are cut without notice',
    async () => {
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
    },
    LOAD_TIMEOUT_MS,
  );

  it(
    'keep their promises while the network is silent for some seconds',
    async () => {
      const report = await loadWhile(async (proxy, nodes) => {
        await pause(500);
        proxy.goSilent();
        await pause(7_000);
        proxy.resume();
        await nodes.answering(BACK_WITHIN_MS);
        await pause(1_000);
      });
      expectKept('silent for a while', report);
    },
    LOAD_TIMEOUT_MS,
  );

  it(
    'answer in time when their connections go silent for good',
    async () => {
      const report = await loadWhile(async (proxy, nodes) => {
        await pause(500);
        proxy.forgetConnections();
        // Long enough for calls to queue behind those that wait for a lost connection.
        await pause(26_000);
        await nodes.answering(BACK_WITHIN_MS);
      });
      expectKept('silent for good', report);
    },
    LOAD_TIMEOUT_MS,
  );

  it(
    'answer in time under few calls too, and hear of each other again',
    async () => {
      const proxy = await TcpProxy.start(postgres.url);
      const nodes = await LoadedNodes.start([proxy.url, postgres.url]);
      const [cutOff, spared] = nodes.baseUrls as [string, string];
      try {
        await callNode(spared, 'create', { name: 'few' });
        // Many at once, so that the node opens all the connections it may have.
        await Promise.all(
          Array.from({ length: 100 }, (_, index) =>
            index % 2 === 0 ? callNode(cutOff, 'stats/few') : publish(cutOff, 'few'),
          ),
        );
        proxy.forgetConnections();
        const slowestMs: number[] = [];
        const calls: Promise<void>[] = [];
        for (let turn = 0; turn < 4; turn += 1) {
          const startedAtMs = performance.now();
          calls.push(
            publish(cutOff, 'few').then((status) => {
              expect([200, 503]).toContain(status);
              slowestMs.push(performance.now() - startedAtMs);
            }),
          );
          await pause(500);
        }
        await Promise.all(calls);
        process.stdout.write(`few calls: answered after ${slowestMs.map(Math.round)} ms\n`);
        expect(slowestMs).toHaveLength(4);

        const latenciesMs: number[] = [];
        for (let round = 0; round < 9; round += 1) {
          const queue = `heard-${round}`;
          await callNode(spared, 'create', { name: queue });
          const polled = callNode(cutOff, 'consume', { queue, wait_seconds: 10 });
          await pause(150);
          const startedAtMs = performance.now();
          await publish(spared, queue);
          await polled;
          latenciesMs.push(performance.now() - startedAtMs);
        }
        const middleMs = median(latenciesMs);
        process.stdout.write(`woken by the spared node: median ${Math.round(middleMs)} ms\n`);
        // With the safety poll alone it would be nearly two seconds each time, for good.
        const woken = latenciesMs.filter((ms) => ms < 1_500);
        expect(woken.length, latenciesMs.join(' ')).toBeGreaterThanOrEqual(3);
      } finally {
        await nodes.stop();
        await proxy.stop();
      }
    },
    LOAD_TIMEOUT_MS,
  );
});

const publish = (baseUrl: string, queue: string): Promise<number> =>
  callNode(baseUrl, 'publish', { queue, payload: null }).then(({ status }) => status);
