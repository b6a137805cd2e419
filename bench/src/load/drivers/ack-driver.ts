import { rawPost } from '../../calls/api-call.js';
import { ACK_PATH, ackBody, leaseAll } from '../../calls/consume-calls.js';
import type { LoadDriver } from './load-driver.js';
import type { AckTraffic } from './traffic.js';

/** Leases all that waits before the load begins, and then acks one message in each request. */
export function ackDriver({ apiKey, queues }: AckTraffic): LoadDriver {
  const leased: string[] = [];
  return {
    async prepare(port) {
      for (const queue of queues) {
        for await (const deliveries of leaseAll({ port, apiKey }, queue)) {
          for (const delivery of deliveries) leased.push(ackBody(queue, delivery));
        }
      }
    },

    nextRequest() {
      const body = leased.pop();
      if (body === undefined) throw new Error('no leased message is left');
      return rawPost(ACK_PATH, apiKey, body);
    },

    acceptBody: (body) => body.includes('"acked":true'),
  };
}
