import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { jobsIn } from '../src/peers/beanstalkd.js';
import { canSyncAlways } from '../src/peers/nats.js';
import { readOptions } from '../src/peers/options.js';
import type { Peer } from '../src/peers/peer.js';
import { peers } from '../src/peers/peers.js';
import { findProgram } from '../src/peers/programs/system-program.js';
import { markdownReport } from '../src/peers/report/markdown.js';
import { rowsOf } from '../src/peers/report/rows.js';
import { summarise } from '../src/peers/report/summary.js';
import { ackAsMany } from '../src/peers/run/ack-as-many.js';
import { AckedMessages } from '../src/peers/run/acked-messages.js';
import type { ClientResult } from '../src/peers/run/client-job.js';
import type { Outcome } from '../src/peers/run/rounds.js';
import { parseStat, treeMicros, treeTicks } from '../src/usage/cpu-time.js';

const result = (fields: Partial<ClientResult>): ClientResult => ({
  units: 0,
  measuredAnswers: 0,
  completed: 0,
  perSecond: 0,
  p50Ms: 1,
  p99Ms: 2,
  answered: 0,
  errors: 0,
  nonSuccess: 0,
  cpuShare: 0,
  allMessages: 0,
  ...fields,
});

test('a unit ends when as many messages were acked as it waits for', async () => {
  const acked = new AckedMessages();
  const ended: string[] = [];
  const first = acked.take(3).then(() => ended.push('first'));
  const second = acked.take().then(() => ended.push('second'));
  acked.add(2);
  await Promise.resolve();
  expect(ended).toEqual([]);
  acked.add(2);
  await Promise.all([first, second]);
  expect(ended).toEqual(['first', 'second']);
  expect(acked.all).toBe(4);
});

test('a message that is acked before its unit waits still counts for it', async () => {
  const acked = new AckedMessages();
  acked.add();
  await acked.take();
});

test('an error of the consumer fails the units that wait and those to come', async () => {
  const acked = new AckedMessages();
  const waiting = acked.take();
  acked.fail(new Error('the connection is lost'));
  await expect(waiting).rejects.toThrow('the connection is lost');
  await expect(acked.take()).rejects.toThrow('the connection is lost');
});

test('a batch asks again for the messages that are missing', async () => {
  const answers = [4, 0, 6];
  const asked: number[] = [];
  await ackAsMany(10, async (atMost) => {
    asked.push(atMost);
    return answers.shift() ?? 0;
  });
  expect(asked).toEqual([10, 6, 6]);
});

test('the fields of a process are found behind a name with spaces and brackets', () => {
  const stat = '42 (a (b) c) S 7 1 1 0 -1 0 0 0 0 0 100 20 3 4 20 0 1 0 5';
  expect(parseStat(stat)).toEqual({ parent: 7, ownTicks: 120, ticks: 127 });
});

test('descendants count once, and strangers do not', () => {
  const processes = new Map([
    [30, { parent: 20, ticks: 4 }],
    [20, { parent: 10, ticks: 2 }],
    [10, { parent: 1, ticks: 1 }],
    [11, { parent: 1, ticks: 100 }],
  ]);
  expect(treeTicks(processes, [10])).toBe(7);
  expect(treeTicks(processes, [10, 30])).toBe(7);
});

test.runIf(process.platform === 'linux')('the CPU time of a child counts', async () => {
  const child = spawn(process.execPath, ['-e', 'while (process.cpuUsage().user < 3e5);']);
  await new Promise((resolve) => child.once('exit', resolve));
  expect(treeMicros([process.pid])).toBeGreaterThan(200_000);
});

test('a summary has medians, the range, and CPU time for each message', () => {
  const rounds = [
    result({ perSecond: 30, p50Ms: 3, allMessages: 2000, cpuSeconds: 2 }),
    result({ perSecond: 10, p50Ms: 1, allMessages: 1000, cpuSeconds: 3 }),
    result({ perSecond: 20, p50Ms: 2, allMessages: 1000, cpuSeconds: 2 }),
  ];
  expect(summarise({ size: 10, rounds })).toEqual({
    perSecond: 200,
    range: [100, 300],
    p50Ms: 2,
    p99Ms: 2,
    cpuSecondsPerMillion: 2000,
  });
  expect(summarise({ size: 1, rounds, error: 'a count differs' })).toBeUndefined();
});

const environment = {
  startedAt: '2026-01-02T03:04:05.678Z',
  node: 'v20',
  system: 'linux 6',
  cores: 2,
  cpu: 'x',
  loadBefore: 0,
  isInMemory: false,
  fsyncMs: 1,
  rounds: 1,
  seconds: 1,
  concurrency: 64,
  payloadBytes: 200,
};

test('the report compares with millrace, and names errors and what is missing', () => {
  const outcome = (name: string, rest: Partial<Outcome>): Outcome => ({
    peer: peers.find((peer) => peer.name === name) as Peer,
    scenarios: {},
    ...rest,
  });
  const ofRate = (perSecond: number) => ({ size: 1, rounds: [result({ perSecond })] });
  const report = markdownReport(environment, [
    outcome('millrace-sqlite', { version: '1', scenarios: { publish: ofRate(3000) } }),
    outcome('beanstalkd', { version: '1.12', scenarios: { publish: ofRate(1000) } }),
    outcome('rabbitmq', { scenarios: { publish: { size: 1, rounds: [], error: 'lost\n1 | 2' } } }),
    outcome('bullmq-always', { unavailable: 'apt-get install redis-server' }),
  ]);
  expect(report).toContain('| beanstalkd | 1000 (1000–1000) | 1.0 / 2.0 | 3.00 |');
  expect(report).toContain('| rabbitmq | error: lost 1 \\| 2 |');
  expect(report).toContain('- bullmq-always: apt-get install redis-server');
  expect(report).not.toContain('| bullmq-always |');
});

test('a program that is missing names the package that installs it', () => {
  expect(() => findProgram('no-such-program', 'no-such-package')).toThrow(
    'no-such-program is not installed: apt-get install no-such-package',
  );
});

test('only nats-server 2.10 and newer can sync always', () => {
  expect(['2.9.10', '2.10.0', '2.12.1', '3.0'].map(canSyncAlways)).toEqual([
    false,
    true,
    true,
    true,
  ]);
});

test('jobs in all states are counted', () => {
  const stats =
    '---\nname: t\ncurrent-jobs-urgent: 9\ncurrent-jobs-ready: 1\ncurrent-jobs-reserved: 2\n' +
    'current-jobs-delayed: 3\ncurrent-jobs-buried: 4\ntotal-jobs: 99\n';
  expect(jobsIn(stats)).toBe(10);
});

test('wrong options are named', () => {
  expect(() => readOptions(['--peer', 'kafka'])).toThrow('--peer kafka is not known; known: mill');
  expect(() => readOptions(['--payload-bytes', '11'])).not.toThrow();
  expect(() => readOptions(['--payload-bytes', '10'])).toThrow(
    '--payload-bytes must be from 11 to 20000',
  );
  expect(() => readOptions(['--rounds', '0'])).toThrow('--rounds cannot be 0');
  expect(() => readOptions(['--scenario', 'idle'])).toThrow('--scenario idle is not known; known:');
  expect(readOptions(['--scenario', 'work'])?.scenarios).toEqual(['work']);
  expect(readOptions([])?.scenarios).toHaveLength(5);
  const options = readOptions(['--peer', 'rabbitmq', '--peer', 'beanstalkd', '--seconds', '0.5']);
  expect(options?.selected.map(({ name }) => name)).toEqual(['rabbitmq', 'beanstalkd']);
});

test('the file for the report has a row for each valid result, with the size of a batch in its name', () => {
  const round = result({
    units: 10,
    completed: 10,
    perSecond: 5,
    allMessages: 1000,
    cpuSeconds: 0.002,
  });
  const peer = peers.find(({ name }) => name === 'rabbitmq') as Peer;
  const rows = rowsOf([
    {
      peer,
      scenarios: {
        publish: { size: 1, rounds: [], error: 'the counts differ' },
        'batch-cycle': { size: 100, rounds: [round] },
      },
    },
  ]);
  expect(rows).toEqual([
    {
      peer: 'rabbitmq (100)',
      isOurs: false,
      operation: 'Publish, receive, ack: batches',
      perSecond: 500,
      range: [500, 500],
      p50Ms: 1,
      p99Ms: 2,
      cpuSecondsPerMillion: 2,
      durability: peer.durability,
      ...(peer.less !== undefined && { less: peer.less }),
    },
  ]);
});
