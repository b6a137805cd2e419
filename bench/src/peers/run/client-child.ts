import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop } from '../../load/closed-loop.js';
import { driverOf } from '../../load/drivers/traffic.js';
import { generateLoad } from '../../load/load-generator.js';
import { expectNoFailures, type LoadReport } from '../../load/load-process.js';
import type { LoadResult, TallyLimits } from '../../load/load-tally.js';
import { treeMicros } from '../../usage/cpu-time.js';
import { onlyPublishes, type PeerClient } from '../peer.js';
import { peerNamed } from '../peers.js';
import type { ClientJob, ClientResult } from './client-job.js';
import { unitOf } from './units.js';

/** Some peers count with a delay, and some acks are not answered. */
const COUNT_LIMIT_MS = 10_000;

type Report = LoadReport<ClientResult>;

process.once('message', async (job: ClientJob) => {
  const report: Report = await measure(job).then(
    (result) => ({ result }),
    (error: Error) => ({ failure: error.message || String(error) }),
  );
  // Exits, because a library may still have timers or connections after a failure.
  process.send?.(report, () => process.exit());
});
process.once('disconnect', () => process.exit());

async function measure(job: ClientJob): Promise<ClientResult> {
  const client = await peerNamed(job.peer).connect(job);
  if (job.scenario === 'work') await client.fill?.(job.fillCount);
  const usedMicros = existsSync('/proc/self/stat')
    ? () => treeMicros([process.pid, ...job.serverPids])
    : undefined;
  const before = usedMicros?.();
  const result = await makeLoad(client, job);
  const after = usedMicros?.();
  const allMessages = result.units * job.unitSize;
  await expectWaiting(client, await leftOver(client, job, allMessages));
  await client.close();
  return {
    ...result,
    allMessages,
    ...(before !== undefined && after !== undefined && { cpuSeconds: (after - before) / 1e6 }),
  };
}

/** How many messages the peer must still have. */
async function leftOver(client: PeerClient, job: ClientJob, messages: number): Promise<number> {
  if (onlyPublishes(job.scenario)) return messages;
  if (job.scenario !== 'work') return 0;
  // A worker acks more than the units have waited for.
  const acked = 'stopWork' in client ? await client.stopWork?.() : messages;
  return job.fillCount - (acked ?? 0);
}

async function makeLoad(client: PeerClient, job: ClientJob): Promise<LoadResult> {
  if (!('traffic' in client)) return closedLoop(job, job.concurrency, unitOf(client, job));
  const { traffic, port } = client;
  const { concurrency: connections } = job;
  const result = await generateLoad({ ...limitsOf(job), port, connections, ...driverOf(traffic) });
  expectNoFailures(result);
  return result;
}

const limitsOf = ({ warmupMs, durationMs, unitLimit }: ClientJob): TallyLimits => ({
  warmupMs,
  durationMs,
  ...(unitLimit !== undefined && { unitLimit }),
});

async function expectWaiting(client: PeerClient, expected: number): Promise<void> {
  const untilMs = performance.now() + COUNT_LIMIT_MS;
  let waiting = await client.waiting();
  while (waiting !== expected && performance.now() < untilMs) {
    await sleep(100);
    waiting = await client.waiting();
  }
  if (waiting !== expected) {
    throw new Error(`the counts differ: ${waiting} messages are waiting, not ${expected}`);
  }
}
