import { setMaxListeners } from 'node:events';
import type { LoadDriver } from './drivers/load-driver.js';
import { type LoadResult, LoadTally, type TallyLimits } from './load-tally.js';
import { type ConnectionOwner, UnitConnection } from './unit-connection.js';

export interface LoadOptions extends TallyLimits, LoadDriver {
  port: number;
  connections: number;
  progress?: { everyMs: number; report(completed: number): void };
}

/** How long answers may take after the end of the run before their connections are cut. */
export const DRAIN_MS = 10_000;

/**
 * A closed loop: each connection sends its next request when the answer to the last one has arrived. A
 * unit that has begun is completed, so no run leaves leased messages behind.
 */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const tally = new LoadTally(options);
  const owner: ConnectionOwner = {
    onIdle(connection, nowMs) {
      if (tally.takeTurn(nowMs)) connection.startUnit(nowMs, nowMs);
      else connection.end();
    },
  };
  const open = connectionOpener(options, tally, owner);
  const connections = Array.from({ length: options.connections }, (_, index) => open(index));
  const { progress } = options;
  const ticker = progress && setInterval(() => progress.report(tally.completed), progress.everyMs);
  await Promise.all(connections.map(({ closed }) => closed));
  clearInterval(ticker);
  return tally.result();
}

/** @returns a function that opens the connection with this index */
export function connectionOpener(
  options: LoadOptions,
  tally: LoadTally,
  owner: ConnectionOwner,
): (index: number) => UnitConnection {
  const { port, warmupMs, durationMs } = options;
  const signal = AbortSignal.timeout(warmupMs + durationMs + DRAIN_MS);
  setMaxListeners(0, signal);
  return (index) => new UnitConnection(index, options, tally, owner, { port, signal });
}
