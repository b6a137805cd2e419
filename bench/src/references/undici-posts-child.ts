import { Agent } from 'undici';
import type { LoadReport } from '../load/load-process.js';
import { LoadTally } from '../load/load-tally.js';
import type { UndiciJob } from './undici-posts.js';

process.once('message', async ({ urls, headers, body, concurrency, ...limits }: UndiciJob) => {
  const agent = new Agent({ pipelining: 1 });
  const targets = urls.map((url) => new URL(url));
  const bytes = Buffer.from(body);
  const tally = new LoadTally(limits);
  let posted = 0;
  const postInTurn = async (): Promise<void> => {
    for (;;) {
      const fromMs = performance.now();
      if (!tally.takeTurn(fromMs)) return;
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
      tally.recordUnit(fromMs, performance.now());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, postInTurn));
  const report: LoadReport = { result: tally.result() };
  await agent.close();
  process.send?.(report, () => process.disconnect());
});
