import { setTimeout as pause } from 'node:timers/promises';
import { Millrace, type Queue } from '@millrace/client';
import { CuttingProxy } from './cutting-proxy.js';
import { HandlerLog, type Overlap } from './handler-log.js';
import { PlannedFaults } from './planned-faults.js';
import { KEY, RestartedServer } from './restarted-server.js';
import { WorkerProcesses } from './worker-processes.js';

export interface ChaosOptions {
  readonly storeUrl: string;
  readonly messages: number;
  readonly workers: number;
  readonly restarts: number;
  /** Messages that are handled between two kills of a worker, on average. */
  readonly killEvery: number;
  /** Answers from one that never arrives to the next, on average. */
  readonly cutEvery: number;
  readonly progress?: (text: string) => void;
}

export interface ChaosReport {
  readonly published: number;
  readonly handled: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  readonly overlaps: readonly Overlap[];
  readonly kills: number;
  readonly cuts: number;
  readonly restarts: number;
  readonly exitCodes: readonly (number | null)[];
  readonly seconds: number;
}

const QUEUE = 'chaos';

/** Has messages handled while workers are killed, the server is restarted and answers get lost. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const startMs = performance.now();
  const proxy = await CuttingProxy.start(options.cutEvery);
  const server = new RestartedServer(options.storeUrl, proxy);
  await server.start();
  const log = new HandlerLog();
  const environment = { MILLRACE_URL: proxy.url, MILLRACE_API_KEY: KEY, QUEUE };
  const workers = new WorkerProcesses(environment, log);
  try {
    // Answers to these calls get lost, too. No restart takes as long as all of these attempts.
    const retries = { maxAttempts: 30 };
    const millrace = new Millrace({ baseUrl: proxy.url, apiKey: KEY, retries });
    const queue = millrace.queue<number>(QUEUE);
    await queue.create({ maxExpiredLeases: 1_000 });
    for (let n = 0; n < options.workers; n += 1) workers.start();
    const faults = new PlannedFaults(options, log, workers, server);
    const publishing = publishAll(queue, options.messages, faults);
    await Promise.all([untilHandled(queue, options.messages, log, faults), publishing]);
    const { dlq: deadLetters } = await queue.stats();
    const exitCodes = await workers.stop();
    return {
      published: await publishing,
      handled: log.handled,
      duplicates: log.duplicates,
      deadLetters,
      overlaps: log.overlaps(),
      kills: workers.kills,
      cuts: proxy.cuts,
      restarts: server.restarts,
      exitCodes,
      seconds: (performance.now() - startMs) / 1_000,
    };
  } finally {
    await workers.stop();
    proxy.stop();
    await server.stop();
  }
}

/** Lets the planned faults happen until the queue is empty and all work is done. */
async function untilHandled(
  queue: Queue<number>,
  messages: number,
  log: HandlerLog,
  faults: PlannedFaults,
): Promise<void> {
  while (log.handled < messages || (await left(queue)) > 0) {
    await pause(100);
    await faults.happen();
  }
}

/** @returns how many were stored */
async function publishAll(
  queue: Queue<number>,
  messages: number,
  faults: PlannedFaults,
): Promise<number> {
  const publisher = queue.publisher({ maxBatch: 100, maxPending: 1_000 });
  const stored: Promise<string>[] = [];
  for (let payload = 0; payload < messages; payload += 1) {
    while (payload >= faults.publishedMax) await pause(20);
    await publisher.ready();
    stored.push(publisher.publish(payload).then(({ messageId }) => messageId));
  }
  await publisher.close();
  return new Set(await Promise.all(stored)).size;
}

/** Messages that are still in the queue. */
async function left(queue: Queue<number>): Promise<number> {
  const { available, inFlight, delayed } = await queue.stats();
  return available + inFlight + delayed;
}
