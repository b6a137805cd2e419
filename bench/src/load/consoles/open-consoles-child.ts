import { Millrace } from '@millrace/client';
import { lightFetch } from './light-fetch.js';
import { keepOpen } from './open-console.js';
import type { ConsolesJob, ConsolesReport } from './open-consoles.js';

process.once('message', ({ port, apiKey, count, queueCount, visible }: ConsolesJob) => {
  const baseUrl = `http://127.0.0.1:${port}`;
  let calls = 0;
  let failure: string | undefined;
  const countingFetch: typeof fetch = (...request) => {
    calls += 1;
    return lightFetch(...request);
  };
  const overview = {
    millrace: new Millrace({ baseUrl, apiKey, fetch: countingFetch, retries: false }),
    queueCount,
    visible,
    readReadiness: async () => (await countingFetch(`${baseUrl}/readyz`)).text(),
  };
  const startedMs = performance.now();
  const cpuAtStart = process.cpuUsage();
  const ends = Array.from({ length: count }, (_, index) =>
    keepOpen(overview, index / count, (error) => {
      failure ??= String(error);
    }),
  );
  process.send?.('open');
  process.once('message', async () => {
    const { user, system } = process.cpuUsage(cpuAtStart);
    const cpuShare = (user + system) / 1000 / (performance.now() - startedMs);
    await Promise.all(ends.map((end) => end()));
    const report: ConsolesReport = { calls, cpuShare, ...(failure !== undefined && { failure }) };
    process.send?.(report, () => process.disconnect());
  });
});
