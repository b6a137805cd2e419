import { batchCycleDriver } from './batch-cycle-driver.js';
import { cycleDriver } from './cycle-driver.js';
import type { LoadDriver } from './load-generator.js';

/** What a load run sends, as plain data, so that it can be passed to another process. */
export type Traffic = RequestTraffic | CycleTraffic | BatchCycleTraffic;

export interface RequestTraffic {
  kind: 'requests';
  /** Complete HTTP requests, sent round-robin over all connections. */
  requests: string[];
  /** An answer that contains this text counts as failed. */
  refuseText?: string;
}

/** One unit: a message is published, consumed and acked, each after the previous answer. */
export interface CycleTraffic {
  kind: 'cycle';
  apiKey: string;
  /** The units go to these queues, round-robin. */
  queues: string[];
  /** False: only consumes and acks messages that wait in the queue. */
  publishes: boolean;
  /** The priorities of the published messages, in turn; undefined: they have none. */
  priorities?: number[];
  /** For a FIFO queue: the number of message groups, to which it publishes in turn. */
  groups?: number;
  /** The JSON of each payload; undefined: 200 bytes. */
  payload?: string;
  /** A unit ends with a request for the queue's stats. */
  asksStats?: boolean;
}

/** The same with `size` messages in each request. */
export interface BatchCycleTraffic {
  kind: 'batch-cycle';
  apiKey: string;
  queue: string;
  size: number;
  payload?: string;
}

export function driverOf(traffic: Traffic): LoadDriver {
  switch (traffic.kind) {
    case 'requests':
      return requestDriver(traffic);
    case 'cycle':
      return cycleDriver(traffic);
    case 'batch-cycle':
      return batchCycleDriver(traffic);
  }
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
