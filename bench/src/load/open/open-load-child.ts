import { driverOf } from '../drivers/traffic.js';
import type { LoadReport } from '../load-process.js';
import type { OpenLoadJob } from './open-load.js';
import { generateOpenLoad, type OpenLoadResult } from './open-loop.js';

process.once('message', async ({ traffic, ...job }: OpenLoadJob) => {
  const driver = driverOf(traffic);
  await driver.prepare?.(job.port);
  const result = await generateOpenLoad({ ...job, ...driver });
  process.send?.({ result } satisfies LoadReport<OpenLoadResult>, () => process.disconnect());
});
