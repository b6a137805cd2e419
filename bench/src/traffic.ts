import { cycleDriver } from './cycle-driver.js';
import type { LoadDriver } from './load-generator.js';

/** What a load run sends, as plain data, so that it can go to another process. */
export type Traffic = RequestTraffic | CycleTraffic;

export interface RequestTraffic {
  kind: 'requests';
  /** Whole HTTP requests, sent round-robin over all connections. */
  requests: string[];
  /** An answer that contains this text counts as failed. */
  refuseText?: string;
}

/** One unit: a message is published, consumed and acked, each when the answer before is in. */
export interface CycleTraffic {
  kind: 'cycle';
  apiKey: string;
  queue: string;
  /** False: only consume and ack, out of what waits in the queue. */
  publishes: boolean;
}

export function driverOf(traffic: Traffic): LoadDriver {
  return traffic.kind === 'cycle' ? cycleDriver(traffic) : requestDriver(traffic);
}

function requestDriver(traffic: RequestTraffic): LoadDriver {
  const requests = traffic.requests.map((request) => Buffer.from(request));
  const { refuseText } = traffic;
  let sent = 0;
  return {
    nextRequest: () => requests[sent++ % requests.length] as Buffer,
    ...(refuseText !== undefined && { acceptBody: (body) => !body.includes(refuseText) }),
  };
}
