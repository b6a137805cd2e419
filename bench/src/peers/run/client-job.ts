import { runLoadChild } from '../../load/load-process.js';
import type { LoadResult, TallyLimits } from '../../load/load-tally.js';
import type { ClientLoad } from '../peer.js';

/** One scenario of one peer, as plain data for the process of its client. */
export interface ClientJob extends TallyLimits, ClientLoad {
  peer: string;
  /** Messages in a unit. */
  unitSize: number;
  /** Messages that are published before the load of `work` begins. */
  fillCount: number;
  serverPids: number[];
}

export interface ClientResult extends LoadResult {
  /** All messages, including those of the warm-up. */
  allMessages: number;
  /** CPU time of the server and the client for these messages; undefined where there is no /proc. */
  cpuSeconds?: number;
}

/** Runs the client in a process of its own, and checks that no message is lost or left over. */
export const runClient = (job: ClientJob): Promise<ClientResult> =>
  runLoadChild<ClientResult>(new URL('./client-child.ts', import.meta.url), job);
