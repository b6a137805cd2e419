import { generateLoad } from './load-generator.js';
import type { LoadJob } from './load-process.js';

process.once('message', async (job: LoadJob) => {
  const requests = job.requests.map((request) => Buffer.from(request));
  const { refuseText } = job;
  let sent = 0;
  const result = await generateLoad({
    ...job,
    nextRequest: () => requests[sent++ % requests.length] as Buffer,
    ...(refuseText !== undefined && { acceptBody: (body) => !body.includes(refuseText) }),
  });
  process.send?.(result, () => process.disconnect());
});
