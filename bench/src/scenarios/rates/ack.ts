import { rawPost } from '../../calls/api-call.js';
import { fillQueue } from '../../calls/fill-queue.js';
import { prepareCycle } from '../../calls/prepare-cycle.js';
import type { BenchSettings, Scenario } from '../../comparison/scenario.js';
import { ACK_PATH } from '../../load/drivers/cycle-driver.js';
import { againstBareRoute, type Prepared } from '../../references/bare-route/against-bare-route.js';
import type { MillraceServer } from '../../servers/server-process.js';

const NAME = 'ack';

export const ack: Scenario = {
  name: NAME,
  summary: 'one message per request, all leased beforehand, each answer after the commit',

  contests: (bench) => [
    againstBareRoute(
      { name: NAME, unit: 'messages', kind: 'rate', target: 0.5, aim: 0.65 },
      bench,
      () => bench.stores.chosen(),
      (server) => prepare(server, bench.settings),
    ),
  ],
};

async function prepare(server: MillraceServer, settings: BenchSettings): Promise<Prepared> {
  const { traffic, answers, lastAck } = await prepareCycle(server, settings);
  const { apiKey, queues } = traffic;
  return {
    traffic: { kind: 'acks', apiKey, queues },
    // The ids and receipts of other messages are as long as these.
    referenceTraffic: { kind: 'requests', requests: [rawPost(ACK_PATH, apiKey, lastAck)] },
    referenceAnswers: answers,
    async prefill(messageCount) {
      for (const queue of queues) {
        const count = Math.ceil(messageCount / queues.length);
        await fillQueue(server, queue, count, settings.payloadBytes);
      }
    },
  };
}
