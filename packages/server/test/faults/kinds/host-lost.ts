import { TcpProxy } from '../../harness/tcp-proxy.js';
import { pause } from '../load/pause.js';
import type { FaultKind, FaultRun } from './fault-kind.js';
import { goOnWithout, lostForMs } from './lost-node.js';
import { OpenTransactions } from './open-transactions.js';

const CAUGHT_WITHIN_MS = 5_000;

export const hostLost: FaultKind = {
  name: 'host-lost',
  about:
    'the network of a node goes silent unnoticed by the database; it returns, or a new node starts',
  stores: ['postgres'],
  nodes: 2,
  async open({ storeUrl, nodes }) {
    const proxies: TcpProxy[] = [];
    while (proxies.length < nodes) proxies.push(await TcpProxy.start(storeUrl));
    const sessions = await OpenTransactions.watch(storeUrl);
    return {
      storeUrls: proxies.map((proxy) => proxy.url),
      async round(run, round) {
        const { api, ledger, random, servers } = run;
        await pause(random.integer(500, 1_200));
        const node = random.integer(0, servers.length - 1);
        const proxy = proxies[node] as TcpProxy;
        const caught = await proxy.goSilentInTransaction(CAUGHT_WITHIN_MS);
        ledger.serverChanged(node, 'cut-off');
        const forMs = lostForMs(run);
        await goOnWithout(run, node, forMs);
        const left = await sessions.count(1_000);
        const returns = round % 2 === 0;
        if (returns) {
          proxy.resume();
          ledger.serverChanged(node, 'in-touch');
        } else {
          await replaceHost(run, node, proxy);
        }
        await pause(random.integer(500, 1_500));
        api.useAgain(node);
        const where = caught ? 'in a transaction' : 'in no transaction';
        const after = returns ? 'its network returned' : 'another host took its place';
        return `lost node ${node} for ${forMs} ms, ${where}; idle in transaction then: ${left}; ${after}`;
      },
      async close() {
        await sessions.close();
        await Promise.all(proxies.map((proxy) => proxy.stop()));
      },
    };
  },
};

/** The old host never sends anything again, and its connections stay open at the database. */
async function replaceHost({ servers }: FaultRun, node: number, proxy: TcpProxy): Promise<void> {
  proxy.loseClients();
  await servers[node]?.kill();
  proxy.resume();
  await servers[node]?.start();
}
