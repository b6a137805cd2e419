import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PUBLISH_PATH, payload } from '../../calls/publish-call.js';
import { LoadTally } from '../../load/load-tally.js';
import type { PacedJob } from './push-latency.js';

/** The header with the number of a message, by which `sentAtMs` has the time of its publish. */
const NUMBER_HEADER = 'x-bench-number';
const ARRIVAL_LIMIT_MS = 10_000;
const sentAtMs = new Map<string, number>();
let tally: LoadTally | undefined;

// A push counts as arrived when its head is read; its body is awaited only for the answer.
const receiver = createServer((push, response) => {
  const nowMs = performance.now();
  const number = String(push.headers[NUMBER_HEADER]);
  const fromMs = sentAtMs.get(number);
  if (fromMs !== undefined) tally?.recordUnit(fromMs, nowMs);
  sentAtMs.delete(number);
  push.resume();
  push.once('end', () => response.end());
});

receiver.listen(0, '127.0.0.1', () => process.send?.((receiver.address() as AddressInfo).port));
process.once('SIGTERM', () => process.exit());
process.on('message', async (job: PacedJob) => {
  tally = new LoadTally(job);
  const agent = new Agent({ keepAlive: true });
  let number = 0;
  const startedMs = performance.now();
  while (tally.takeTurn(performance.now())) {
    publish(job, agent, String(number));
    number += 1;
    await sleep(Math.max(0, startedMs + number * job.everyMs - performance.now()));
  }
  const untilMs = performance.now() + ARRIVAL_LIMIT_MS;
  while (sentAtMs.size > 0 && performance.now() < untilMs) await sleep(job.everyMs);
  if (sentAtMs.size > 0) throw new Error(`${sentAtMs.size} messages were never pushed`);
  agent.destroy();
  process.send?.(tally.result());
});

function publish({ port, apiKey, queue }: PacedJob, agent: Agent, number: string): void {
  const body = `{"queue":"${queue}","payload":${payload},"headers":{"${NUMBER_HEADER}":"${number}"}}`;
  const headers = {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const call = request({
    host: '127.0.0.1',
    port,
    path: PUBLISH_PATH,
    method: 'POST',
    agent,
    headers,
  });
  call.once('response', (answer) => {
    if (answer.statusCode !== 200) throw new Error(`publish answered ${answer.statusCode}`);
    answer.resume();
  });
  sentAtMs.set(number, performance.now());
  call.end(body);
}
