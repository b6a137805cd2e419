import { createQueues } from '../../calls/create-queues.js';
import { fillGroups, fillQueues } from '../../calls/fill-queue.js';
import { ratioContest, roundLimits } from '../../comparison/compare.js';
import type { Bench, Contest, Scenario } from '../../comparison/scenario.js';
import { groupId } from '../../load/drivers/cycle-driver.js';
import { runLoad } from '../../load/load-process.js';
import type { LoadResult } from '../../load/load-tally.js';
import { onNewStore } from '../../servers/millrace-turn.js';
import type { StoreKind } from '../../servers/stores.js';

const NAME = 'fifo-groups';
const GROUPS = 10_000;
/** Messages in each message group, so that none becomes empty before its next message arrives. */
const WAITING_IN_GROUP = 2;

export const fifoGroups: Scenario = {
  name: NAME,
  summary: 'publish, consume, ack over 10,000 message groups, against a standard queue',

  contests: (bench) => [contestOn('sqlite', bench), contestOn('postgres', bench)],
};

const contestOn = (kind: StoreKind, bench: Bench): Contest =>
  ratioContest(
    { name: `${NAME} ${kind}`, unit: 'cycles', kind: 'rate', target: 0.5 },
    async () => ({
      reference: await cycles(kind, 'standard', bench),
      ours: await cycles(kind, 'fifo', bench),
    }),
  );

/** Both queues contain the same number of messages. Each cycle publishes to the next message group. */
async function cycles(
  kind: StoreKind,
  type: 'standard' | 'fifo',
  { settings, stores }: Bench,
): Promise<LoadResult> {
  return onNewStore(await stores.make(kind), async (server) => {
    const [queue = ''] = await createQueues(server, 1, () => ({ type }));
    if (type === 'standard') {
      await fillQueues(server, [queue], GROUPS * WAITING_IN_GROUP);
    } else {
      const groups = Array.from({ length: GROUPS }, (_, index) => groupId(index));
      await fillGroups(server, queue, groups, WAITING_IN_GROUP);
    }
    return runLoad({
      port: server.port,
      connections: settings.connections,
      traffic: {
        kind: 'cycle',
        apiKey: server.apiKey,
        queues: [queue],
        publishes: true,
        // A standard queue stores the message group without any effect, so the bytes are the same.
        groups: GROUPS,
      },
      ...roundLimits(settings),
    });
  });
}
