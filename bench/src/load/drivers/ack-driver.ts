import { rawPost } from '../../calls/api-call.js';
import { deliveriesIn } from '../../calls/batch-calls.js';
import { ACK_PATH, CONSUME_PATH, consumeBody } from './cycle-driver.js';
import type { LoadDriver } from './load-driver.js';
import type { AckTraffic } from './traffic.js';

const CONSUMED_AT_ONCE = 1000;

/** Leases all that waits before the load begins, and then acks one message in each request. */
export function ackDriver({ apiKey, queues }: AckTraffic): LoadDriver {
  const leased: string[] = [];

  const leaseAll = async (port: number, queue: string): Promise<void> => {
    for (;;) {
      const deliveries = deliveriesIn(await consume(port, apiKey, queue));
      if (deliveries.length === 0) return;
      for (const delivery of deliveries) {
        leased.push(JSON.stringify({ queue, ...delivery }));
      }
    }
  };

  return {
    async prepare(port) {
      for (const queue of queues) await leaseAll(port, queue);
    },

    nextRequest() {
      const body = leased.pop();
      if (body === undefined) throw new Error('no leased message is left');
      return rawPost(ACK_PATH, apiKey, body);
    },

    acceptBody: (body) => body.includes('"acked":true'),
  };
}

async function consume(port: number, apiKey: string, queue: string): Promise<Buffer> {
  const response = await fetch(`http://127.0.0.1:${port}${CONSUME_PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: consumeBody(queue, CONSUMED_AT_ONCE),
  });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200)
    throw new Error(`a consume was answered ${response.status}: ${body}`);
  return body;
}
