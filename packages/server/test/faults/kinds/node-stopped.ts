import { pause } from '../load/pause.js';
import type { FaultKind, FaultRun } from './fault-kind.js';
import { goOnWithout, lostForMs } from './lost-node.js';
import { OpenTransactions } from './open-transactions.js';

/** Longer than any lease of the workload: no other node works meanwhile. */
const ALONE_MS = [3_500, 5_000] as const;
const ATTEMPTS = 40;

export const nodeStopped: FaultKind = {
  name: 'node-stopped',
  about: 'SIGSTOP for longer than a lease lasts and a session may idle, then SIGCONT',
  stores: ['sqlite', 'postgres'],
  nodes: 2,
  async open({ store, storeUrl }) {
    const sessions = store === 'postgres' ? await OpenTransactions.watch(storeUrl) : undefined;
    return {
      async round(run) {
        const { api, random, servers } = run;
        await pause(random.integer(500, 1_200));
        const node = random.integer(0, servers.length - 1);
        const inTransaction = await stop(run, node, sessions);
        const forMs = servers.length > 1 ? lostForMs(run) : random.integer(...ALONE_MS);
        await goOnWithout(run, node, forMs);
        const left = await sessions?.count(1_000);
        servers[node]?.letGoOn();
        await pause(random.integer(200, 1_000));
        api.useAgain(node);
        const open = inTransaction ? ', in a transaction' : '';
        return `stopped node ${node} for ${forMs} ms${open}; idle in transaction then: ${left ?? 0}`;
      },
      close: async () => sessions?.close(),
    };
  },
};

/** Stops a node between two round trips of a transaction, if an attempt catches it in one. */
async function stop(
  { servers, random }: FaultRun,
  node: number,
  sessions: OpenTransactions | undefined,
): Promise<boolean> {
  const server = servers[node];
  for (let attempt = 1; attempt < ATTEMPTS && sessions !== undefined; attempt += 1) {
    server?.stop();
    if (await sessions.appear()) return true;
    server?.letGoOn();
    await pause(random.integer(1, 40));
  }
  server?.stop();
  return false;
}
