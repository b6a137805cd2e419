import { ackDriver } from './ack-driver.js';
import { batchCycleDriver } from './batch-cycle-driver.js';
import { cycleDriver } from './cycle-driver.js';
import type { LoadDriver } from './load-driver.js';
import { requestDriver } from './unique-requests.js';

/** What a load run sends, as plain data, so that it can be passed to another process. */
export type Traffic = RequestTraffic | AckTraffic | CycleTraffic | BatchCycleTraffic;

export interface RequestTraffic {
  kind: 'requests';
  /** Complete HTTP requests, sent round-robin over all connections; see `UNIQUE_TEXT`. */
  requests: string[];
  /** An answer that contains this text counts as failed. */
  refuseText?: string;
}

/** All that waits in the queues is leased before the load begins. One unit: one message is acked. */
export interface AckTraffic {
  kind: 'acks';
  apiKey: string;
  queues: string[];
}

/** One unit: a message is published, consumed and acked, each after the previous answer. */
export interface CycleTraffic {
  kind: 'cycle';
  apiKey: string;
  /** The units go to these queues, round-robin. */
  queues: string[];
  /** False: only consumes and acks messages that wait in the queue. */
  publishes: boolean;
  /** Default 200. */
  payloadBytes?: number;
  /** The priorities of the published messages, in turn; undefined: they have none. */
  priorities?: number[];
  /** For a FIFO queue: the number of message groups, to which it publishes in turn. */
  groups?: number;
  /** A unit ends with a request for the queue's stats. */
  asksStats?: boolean;
}

/** The same with `size` messages in each request. */
export interface BatchCycleTraffic {
  kind: 'batch-cycle';
  apiKey: string;
  queue: string;
  size: number;
  /** False: only consumes and acks messages that wait in the queue. */
  publishes: boolean;
  /** Default 200. */
  payloadBytes?: number;
}

export function driverOf(traffic: Traffic): LoadDriver {
  switch (traffic.kind) {
    case 'requests':
      return requestDriver(traffic);
    case 'acks':
      return ackDriver(traffic);
    case 'cycle':
      return cycleDriver(traffic);
    case 'batch-cycle':
      return batchCycleDriver(traffic);
  }
}
