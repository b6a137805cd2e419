import { Millrace } from '@millrace/client';
import { ServerRun } from '../../../server/test/nodes/run-server.js';
import { CuttingProxy } from './cutting-proxy.js';
import { HandlerLog, type Overlap } from './handler-log.js';
import { WorkerProcesses } from './worker-processes.js';

export interface ChaosOptions {
  readonly storeUrl: string;
  readonly messages: number;
  readonly workers: number;
  readonly restarts: number;
  /** The time between two kills of a worker. */
  readonly killEveryMs: number;
  /** The share of answers that never arrive. */
  readonly cutShare: number;
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

const KEY = 'chaos-key-0123456789';
const pause = (durationMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, durationMs));

/** Has messages handled while workers are killed, the server is restarted and answers get lost. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const startMs = performance.now();
  const proxy = await CuttingProxy.start(options.cutShare);
  let server = await startServer(options.storeUrl, proxy);
  // Answers of these calls get lost, too.
  const millrace = new Millrace({ baseUrl: proxy.url, apiKey: KEY });
  const queue = millrace.queue<number>('chaos');
  await queue.create({ maxExpiredLeases: 1_000 });
  const log = new HandlerLog();
  const environment = { MILLRACE_URL: proxy.url, MILLRACE_API_KEY: KEY, QUEUE: queue.name };
  const workers = new WorkerProcesses(environment, log);
  for (let n = 0; n < options.workers; n += 1) workers.start();

  let isOver = false;
  const killing = (async () => {
    while (!isOver) {
      await pause(options.killEveryMs * (0.5 + Math.random()));
      if (!isOver) await workers.killOne();
    }
  })();
  const publishing = publishAll(queue, options.messages);
  let restarts = 0;
  while (log.handled < options.messages || (await left(queue)) > 0) {
    await pause(100);
    const share = log.handled / options.messages;
    if (restarts < options.restarts && share > (restarts + 1) / (options.restarts + 2)) {
      restarts += 1;
      options.progress?.(`restart ${restarts} after ${log.handled} messages`);
      server = await restart(server, options.storeUrl, proxy);
    }
  }
  const published = await publishing;
  isOver = true;
  await killing;
  const exitCodes = await workers.stop();
  const { dlq: deadLetters } = await queue.stats();
  proxy.stop();
  server.signal('SIGTERM');
  await server.ended();
  return {
    published,
    handled: log.handled,
    duplicates: log.duplicates,
    deadLetters,
    overlaps: log.overlaps(),
    kills: workers.kills,
    cuts: proxy.cuts,
    restarts,
    exitCodes,
    seconds: (performance.now() - startMs) / 1_000,
  };
}

async function startServer(storeUrl: string, proxy: CuttingProxy): Promise<ServerRun> {
  const server = new ServerRun(storeUrl, { MILLRACE_API_KEY: KEY, MILLRACE_LOG_LEVEL: 'error' });
  const url = await server.listening();
  if (url === undefined) throw new Error(`the server has not started:\n${server.stderr}`);
  proxy.target = new URL(url);
  return server;
}

/** Kills the server as a crash does, and starts another on its data. */
async function restart(
  server: ServerRun,
  storeUrl: string,
  proxy: CuttingProxy,
): Promise<ServerRun> {
  proxy.target = undefined;
  await server.kill();
  await pause(500);
  return startServer(storeUrl, proxy);
}

/** @returns how many were stored */
async function publishAll(queue: ReturnType<Millrace['queue']>, messages: number): Promise<number> {
  const publisher = queue.publisher({ maxBatch: 100, maxPending: 1_000 });
  const stored: Promise<string>[] = [];
  for (let payload = 0; payload < messages; payload += 1) {
    await publisher.ready();
    stored.push(publisher.publish(payload).then(({ messageId }) => messageId));
  }
  await publisher.close();
  return new Set(await Promise.all(stored)).size;
}

/** Messages that are still in the queue. */
async function left(queue: ReturnType<Millrace['queue']>): Promise<number> {
  const { available, inFlight, delayed } = await queue.stats();
  return available + inFlight + delayed;
}
