import { driverOf } from './drivers/traffic.js';
import { generateLoad } from './load-generator.js';
import { type LoadJob, type LoadReport, reportMeasuring } from './load-process.js';

process.once('message', async ({ traffic, progressEveryMs, ...job }: LoadJob) => {
  const progress = progressEveryMs !== undefined && {
    everyMs: progressEveryMs,
    report: (completed: number) => void process.send?.({ completed } satisfies LoadReport),
  };
  const driver = driverOf(traffic);
  await driver.prepare?.(job.port);
  reportMeasuring(job);
  const result = await generateLoad({ ...job, ...driver, ...(progress && { progress }) });
  process.send?.({ result } satisfies LoadReport, () => process.disconnect());
});
