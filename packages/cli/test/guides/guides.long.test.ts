import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runInOneShell } from '../../../server/test/readme/shell-session.js';
import { isShown, stepsOf } from '../../../server/test/readme/steps.js';
import {
  atRoot,
  blockOf,
  blocksOf,
  environmentOf,
  eventually,
  GUIDES,
  GuideProgram,
  guideText,
  newFolder,
  startMailServer,
  startServer,
} from './guide.js';

const run = promisify(execFile);
const TYPESCRIPT = [process.execPath, '--import', 'tsx'];

const isMissing = (program: string): boolean =>
  spawnSync(program, ['--version']).error !== undefined;

const DONE = { available: 0, inFlight: 0, delayed: 0, dlq: 0 };

test('the TypeScript of all guides has no type error', async () => {
  const folder = await newFolder();
  const files: string[] = [];
  for (const name of GUIDES) {
    for (const [index, block] of blocksOf(guideText(name), 'ts').entries()) {
      files.push(`${name}-${index}.mts`);
      await writeFile(join(folder, files.at(-1) as string), block);
    }
  }
  expect(files).toHaveLength(GUIDES.length);
  const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext'];
  const types = ['--target', 'es2022', '--types', 'node'];
  await run(atRoot('node_modules/.bin/tsc'), [...flags, ...types, ...files], { cwd: folder });
});

/** `go run` would not pass the signal on. */
const GO = ['bash', '-c', 'go build -o "$0.program" "$0" && exec "$0.program"'];

const WORKERS = [
  { language: 'ts', needs: 'node', file: 'worker.mts', command: TYPESCRIPT, exitCode: 0 },
  { language: 'python', needs: 'python3', file: 'worker.py', command: ['python3'], exitCode: 0 },
  // A shell and a program in Go end by the signal, and what they have leased comes back.
  { language: 'sh', needs: 'jq', file: 'worker.sh', command: ['bash'], exitCode: null },
  // Go is large and not installed everywhere; where it is missing, this test is skipped.
  { language: 'go', needs: 'go', file: 'worker.go', command: GO, exitCode: null },
];

test.for(WORKERS)('the worker in $language handles messages', async (worker, { skip }) => {
  const { language, needs, file, command, exitCode } = worker;
  skip(isMissing(needs), `${needs} is not installed`);
  const server = await startServer();
  const queue = server.millrace.queue('orders');
  await queue.publish({ order_id: 'o_1' });
  await queue.publish({ order_id: 'o_2' });
  const running = await GuideProgram.start(
    command,
    file,
    blockOf('worker', language),
    environmentOf(server),
  );
  await running.prints('order o_1');
  await running.prints('order o_2');
  await eventually(async () => expect(await queue.stats()).toMatchObject(DONE));
  expect(await running.stop()).toBe(exitCode);
});

test('the worker of README.md handles the message that it publishes', async () => {
  const server = await startServer();
  const [text = ''] = blocksOf(readFileSync(atRoot('README.md'), 'utf8'), 'ts');
  const running = await GuideProgram.start(TYPESCRIPT, 'a.mts', text, environmentOf(server));
  await running.prints('order o_125');
  expect(await running.stop()).toBe(0);
  expect(await server.millrace.queue('orders').stats()).toMatchObject(DONE);
});

test('the worker in shell gives back what it cannot handle', async ({ skip }) => {
  skip(isMissing('jq'), 'jq is not installed');
  const server = await startServer();
  const queue = server.millrace.queue('orders');
  await queue.publish({ order_id: 5 });
  const text = blockOf('worker', 'sh');
  const running = await GuideProgram.start(['bash'], 'w.sh', text, environmentOf(server));
  await eventually(async () => expect(await queue.stats()).toMatchObject({ delayed: 1 }));
  await running.stop();
});

test('the blocks on retries and dead letters run and print what they show', async () => {
  const server = await startServer();
  const steps = stepsOf(guideText('retries-and-dead-letters'));
  expect(steps.length).toBeGreaterThan(4);
  const results = await runInOneShell(
    steps.map(({ command }) => command),
    { folder: await newFolder(), environment: environmentOf(server), withinMs: 60_000 },
  );
  for (const [index, { command, output }] of steps.entries()) {
    const { status, printed } = results[index] ?? {};
    expect({ command, status, printed, ok: isShown(output, printed ?? '') }).toMatchObject({
      status: 0,
      ok: true,
    });
  }
});

test('the worker with delays retries, waits and rejects as it says', async () => {
  const server = await startServer();
  const mails = await startMailServer((to) =>
    to === 'busy@x' ? 429 : to === 'down@x' ? 500 : 200,
  );
  const queue = server.millrace.queue('mails');
  const env = { ...environmentOf(server), MAIL_URL: mails.url };
  const text = blockOf('retries-and-dead-letters', 'ts');
  const running = await GuideProgram.start(TYPESCRIPT, 'mails.mts', text, env);
  await eventually(() => queue.get());
  for (const to of ['nobody', 'busy@x', 'down@x', 'ada@x']) await queue.publish({ to });
  const settled = { available: 0, inFlight: 0, delayed: 2, dlq: 1 };
  await eventually(async () => expect(await queue.stats()).toMatchObject(settled));
  expect(mails.addresses.sort()).toEqual(['ada@x', 'busy@x', 'down@x']);
  // A minute after the first failure; the one that asked for ten minutes waits on.
  await server.advanceClock(60);
  await eventually(() => expect(mails.addresses).toHaveLength(4));
  expect(mails.addresses.at(-1)).toBe('down@x');
  await server.advanceClock(540);
  await eventually(() => expect(mails.addresses.slice(4)).toContain('busy@x'));
  expect(await running.stop()).toBe(0);
});

test('what came from SQS is published, delayed and handled', async () => {
  const server = await startServer();
  const text = blockOf('from-sqs', 'ts');
  const running = await GuideProgram.start(TYPESCRIPT, 'a.mts', text, environmentOf(server));
  const queue = server.millrace.queue('orders');
  await eventually(async () => expect(await queue.stats()).toMatchObject({ delayed: 1 }));
  await server.advanceClock(60);
  await running.prints('order o_123');
  expect(await queue.get()).toMatchObject({ maxRetries: 4, maxExpiredLeases: 4 });
  expect(await running.stop()).toBe(0);
});

test('what came from BullMQ is stored once under its key, delayed and handled', async () => {
  const server = await startServer();
  const mails = await startMailServer(() => 200);
  const env = { ...environmentOf(server), MAIL_URL: mails.url };
  const text = blockOf('from-bullmq', 'ts');
  const queue = server.millrace.queue('mails');
  const first = await GuideProgram.start(TYPESCRIPT, 'a.mts', text, env);
  // Only a worker that has begun hears the signal.
  const began = { delayed: 1, waitingConsumers: 1 };
  await eventually(async () => expect(await queue.stats()).toMatchObject(began));
  expect(await first.stop()).toBe(0);
  const second = await GuideProgram.start(TYPESCRIPT, 'a.mts', text, env);
  await eventually(async () => expect((await queue.get()).maxRetries).toBe(3));
  await server.advanceClock(60);
  await eventually(() => expect(mails.addresses).toEqual(['ada@example.com']));
  await eventually(async () => expect(await queue.stats()).toMatchObject(DONE));
  expect(await second.stop()).toBe(0);
});
