import { subscribe } from 'node:diagnostics_channel';
import { Millrace } from '@millrace/client';
import { keepOpen } from './open-console.js';
import type { ConsolesJob, ConsolesReport } from './open-consoles.js';

process.once('message', ({ port, apiKey, count, queueCount, visible }: ConsolesJob) => {
  const baseUrl = `http://127.0.0.1:${port}`;
  let calls = 0;
  let failure: string | undefined;
  // The client sends through node:http.
  subscribe('http.client.request.start', () => {
    calls += 1;
  });
  const overview = {
    millrace: new Millrace({ baseUrl, apiKey, retries: false }),
    queueCount,
    visible,
    readReadiness: async () => {
      calls += 1;
      return (await fetch(`${baseUrl}/readyz`)).text();
    },
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
