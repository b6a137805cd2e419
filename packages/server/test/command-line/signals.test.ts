import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pause } from '../faults/load/pause.js';
import { callerOf } from '../harness/http-server.js';
import { CommandRun } from './command-run.js';
import { KEY, lastAnswer, WaitingCalls } from './waiting-calls.js';

/** A timer may fire late on a busy machine, and the signals must come within a second. */
const blockFor = (durationMs: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);

/** A supervisor signals all processes of a process group, and npm passes signals on. */
describe.skipIf(process.platform === 'win32')('a signal to the process group of a server', () => {
  let folder: string;
  let run: CommandRun;
  let calls: WaitingCalls | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-signals-'));
  });
  afterEach(async () => {
    calls?.drop();
    await run.kill();
    await rm(folder, { recursive: true, force: true });
  });

  function serve(
    store = `sqlite:${join(folder, 'millrace.db')}`,
    flags: string[] = [],
  ): CommandRun {
    run = new CommandRun(['serve', '--port', '0', '--store', store, ...flags], {
      environment: { MILLRACE_API_KEY: KEY },
    });
    return run;
  }

  async function serveWithCalls(): Promise<WaitingCalls> {
    calls = await WaitingCalls.begin((await serve().listening()) ?? run.stderr);
    return calls;
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s sent twice within a second counts once: calls in progress are answered, and the exit code is 0',
    async (signal) => {
      const waiting = await serveWithCalls();
      run.signalGroup(signal);
      blockFor(50);
      run.signalGroup(signal);
      expect(await waiting.answerOfPoll()).toMatch(lastAnswer(200, '"messages":\\[\\]'));
      await run.says(/stopping/);
      waiting.sendRestOfBody();
      expect(await waiting.answerOfPublish()).toMatch(lastAnswer(200, '"message_id":'));
      expect(await run.ended()).toBe(0);
      expect(run.stderr.match(/stopping on .*/g)).toEqual([
        expect.stringContaining(`${signal}, waiting for`),
      ]);
      expect(run.stderr.match(/stopped/g)).toHaveLength(1);
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s over a second after the first ends the server', async (signal, code) => {
    await serveWithCalls();
    run.signalGroup('SIGTERM');
    await run.says(/stopping/);
    await pause(1_100);
    run.signalGroup(signal);
    expect(await run.ended()).toBe(code);
    expect(run.stderr).toMatch(new RegExp(`ended at once by a second signal, ${signal}`));
    expect(run.stderr).not.toContain('stopped');
  });

  it('ends a start that waits for its database, with exit code 0 and a log line', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    try {
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const asked = once(silent, 'connection');
      serve(`postgres://user:s3cret@127.0.0.1:${port}/db`);
      await asked;
      run.signalGroup('SIGTERM');
      run.signalGroup('SIGTERM');
      expect(await run.ended()).toBe(0);
      expect(run.stderr).toMatch(/stopping on SIGTERM, while it is still starting/);
      expect(run.stderr).toMatch(/"msg":"stopped","after_ms":\d+\}\n$/);
      expect(run.stdout).toBe('');
    } finally {
      silent.close();
    }
  });

  it('ends the server only after a push in progress is answered', async () => {
    const receiver = createHttpServer().listen(0, '127.0.0.1');
    try {
      await once(receiver, 'listening');
      const { port } = receiver.address() as AddressInfo;
      const url = await serve(undefined, ['--push-allow', '127.0.0.0/8']).listening();
      const call = (path: string, body: object) =>
        callerOf(url ?? run.stderr)('POST', `/v1/queue/${path}`, body, { key: KEY });
      await call('create', { name: 'orders' });
      const pushed = once(receiver, 'request');
      await call('push_subscribe/orders', { url: `http://127.0.0.1:${port}/` });
      await call('publish', { queue: 'orders', payload: 1 });
      const [, response] = await pushed;
      run.signalGroup('SIGTERM');
      await run.says(/stopping on SIGTERM, waiting for .*pushes/);
      expect(run.isRunning, run.stderr).toBe(true);
      response.end();
      expect(await run.ended()).toBe(0);
    } finally {
      receiver.close();
      receiver.closeAllConnections();
    }
  });

  it('ends a server without calls in progress with exit code 0', async () => {
    await serve().listening();
    run.signalGroup('SIGTERM');
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toMatch(/with no calls under way/);
  });
});
