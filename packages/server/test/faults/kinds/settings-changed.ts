import type { UpdateRequest } from '../ledger/ledger-events.js';
import { pause } from '../load/pause.js';
import type { SeededRandom } from '../load/seeded-random.js';
import type { FaultKind, FaultRun } from './fault-kind.js';
import { livesShortly } from './short-lived-queue.js';

const UPDATES = 12;
const SHORT_LIVED = 3;
const UPDATE_PAUSE_MS = [20, 250] as const;

export const settingsChanged: FaultKind = {
  name: 'settings-changed',
  about: 'settings are changed at two nodes at once; queues are created, purged and deleted',
  stores: ['sqlite', 'postgres'],
  nodes: 2,
  open: async () => ({
    async round(run, round) {
      const { api, plan, random } = run;
      await pause(random.integer(200, 600));
      const changed = plan.changeable.map((change) => changeSettings(run, change, random.fork()));
      const lived = Array.from({ length: SHORT_LIVED }, (_, index) =>
        livesShortly(run, `${plan.resting}-${round}-${index}`, random.fork()),
      );
      await pause(random.integer(200, 1_000));
      const purged = random.pick(plan.publishTo);
      await api.call(api.pickNode(random), 'purge', { queue: purged });
      await Promise.all([...changed, ...lived]);
      return `${UPDATES} changes of ${changed.length} queues, ${SHORT_LIVED} queues created and deleted, one purged`;
    },
  }),
};

/**
 * Two callers change settings of one queue at the same time, and the queue must then show both changes.
 */
async function changeSettings(
  { api }: FaultRun,
  change: (random: SeededRandom) => readonly UpdateRequest[],
  random: SeededRandom,
): Promise<void> {
  for (let round = 0; round < UPDATES; round += 1) {
    const updates = change(random);
    await Promise.all(
      updates.map((update, index) => api.call(index % api.nodeCount, 'update', update)),
    );
    const [{ queue } = { queue: '' }] = updates;
    await api.call(api.pickNode(random), 'get', { queue });
    await pause(random.integer(...UPDATE_PAUSE_MS));
  }
}
