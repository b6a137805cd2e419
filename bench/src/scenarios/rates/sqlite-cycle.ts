import { prepareCycle } from '../../calls/prepare-cycle.js';
import { againstBareRoute } from '../../references/bare-route/against-bare-route.js';

export const sqliteCycle = againstBareRoute(
  {
    name: 'sqlite-cycle',
    summary: 'publish, consume, ack on SQLite, against the bare route',
    unit: 'cycles',
    store: 'sqlite',
  },
  async (server, settings) => {
    const { traffic, answers } = await prepareCycle(server, settings);
    return { traffic, referenceAnswers: answers };
  },
);
