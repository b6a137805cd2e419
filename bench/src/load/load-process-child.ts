import { generateLoad } from './load-generator.js';
import type { LoadJob, LoadReport } from './load-process.js';
import { driverOf } from './traffic.js';

process.once('message', async ({ traffic, progressEveryMs, ...job }: LoadJob) => {
  const progress = progressEveryMs !== undefined && {
    everyMs: progressEveryMs,
    report: (completed: number) => void process.send?.({ completed } satisfies LoadReport),
  };
  const result = await generateLoad({
    ...job,
    ...driverOf(traffic),
    ...(progress && { progress }),
  });
  process.send?.({ result } satisfies LoadReport, () => process.disconnect());
});
