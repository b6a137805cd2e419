import { prepareCycle } from '../../calls/prepare-cycle.js';
import type { Scenario } from '../../comparison/scenario.js';
import { againstBareRoute } from '../../references/bare-route/against-bare-route.js';

const NAME = 'sqlite-cycle';

export const sqliteCycle: Scenario = {
  name: NAME,
  summary: 'publish, consume, ack on SQLite, against the bare route',

  contests: (bench) => [
    againstBareRoute(
      { name: NAME, unit: 'cycles', kind: 'rate' },
      bench,
      () => bench.stores.make('sqlite'),
      async (server) => {
        const { traffic, answers } = await prepareCycle(server, bench.settings);
        return { traffic, referenceAnswers: answers };
      },
    ),
  ],
};
