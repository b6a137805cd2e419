import { pause } from '../load/pause.js';
import type { SeededRandom } from '../load/seeded-random.js';
import type { ServerProcess } from '../server-process.js';
import type { FaultKind } from './fault-kind.js';

export const kill: FaultKind = {
  name: 'kill',
  about: 'kill -9 of one or several nodes, then a restart',
  stores: ['sqlite', 'postgres'],
  nodes: 3,
  open: async ({ longestSpanMs }) => ({
    async round({ servers, random }) {
      // Short spans hit starts and recoveries, long ones hit leases that run out.
      await pause(
        random.chance(0.3) ? random.integer(20, 400) : random.integer(400, longestSpanMs),
      );
      const victims = random.chance(0.3) ? servers : pickSome(servers, random);
      await Promise.all(victims.map((server) => server.kill()));
      const downMs = random.chance(0.3) ? random.integer(500, 1_500) : random.integer(0, 200);
      await pause(downMs);
      await Promise.all(victims.map((server) => server.start()));
      return `killed ${victims.length}, down for ${downMs} ms`;
    },
  }),
};

/** At least one of them, in any order. */
function pickSome(
  servers: readonly ServerProcess[],
  random: SeededRandom,
): readonly ServerProcess[] {
  const some = servers.filter(() => random.chance(0.4));
  return some.length > 0 ? some : [random.pick(servers)];
}
