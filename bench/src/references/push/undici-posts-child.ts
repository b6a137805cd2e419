import { Agent } from 'undici';
import { closedLoop } from '../../load/closed-loop.js';
import type { LoadReport } from '../../load/load-process.js';
import type { UndiciJob } from './undici-posts.js';

process.once('message', async ({ urls, headers, body, concurrency, ...limits }: UndiciJob) => {
  const agent = new Agent({ pipelining: 1 });
  const targets = urls.map((url) => new URL(url));
  const bytes = Buffer.from(body);
  let posted = 0;
  const result = await closedLoop(limits, concurrency, async () => {
    const { origin, pathname } = targets[posted++ % targets.length] as URL;
    const answer = await agent.request({
      origin,
      path: pathname,
      method: 'POST',
      headers,
      body: bytes,
    });
    if (answer.statusCode !== 200) throw new Error(`the receiver answered ${answer.statusCode}`);
    await answer.body.dump();
  });
  const report: LoadReport = { result };
  await agent.close();
  process.send?.(report, () => process.disconnect());
});
