import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandRun } from '../command-line/command-run.js';
import { callerOf } from '../harness/http-server.js';
import { DevServer } from './dev-server.js';

const runs: CommandRun[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) {
    // Not by kill -9, which would leave folders behind.
    if (run.isRunning) run.signalGroup('SIGTERM');
    await run.ended();
  }
});

function start(args: readonly string[], environment = {}): CommandRun {
  const run = new CommandRun(args, { environment });
  runs.push(run);
  return run;
}

async function outcomeOf(args: readonly string[], environment = {}) {
  const run = start(args, environment);
  const code = await run.ended();
  return { code, stdout: run.stdout, stderr: run.stderr };
}

async function startDev(flags: readonly string[] = [], environment = {}): Promise<DevServer> {
  const dev = await DevServer.start(flags, environment);
  runs.push(dev.run);
  return dev;
}

describe('millrace dev', () => {
  it('prints its address, its key, its process and its folder as one line of JSON', async () => {
    const { shown, run, client } = await startDev();
    expect(shown).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      api_key: 'ifr_millrace_dev_is_no_secret',
      pid: expect.any(Number),
      data_folder: expect.stringContaining('millrace-dev-'),
    });
    expect(existsSync(shown.data_folder)).toBe(true);
    expect((await client.get('list')).status).toBe(200);
    expect(run.stderr).toMatch(/^\S+ INFO {2}started url=/m);
  });

  it('prints the address and variables for a shell without --json', async () => {
    const run = start(['dev', '--port', '0']);
    const url = await run.listening();
    await run.says(/export/);
    expect(run.stdout).toBe(
      `millrace listening on ${url}\nexport MILLRACE_URL=${url} MILLRACE_API_KEY=ifr_millrace_dev_is_no_secret\n`,
    );
  });

  it('creates a queue at the first publish and at the first consume', async () => {
    const { client } = await startDev();
    expect(await client.consume('from-consume')).toEqual([]);
    await client.publish('from-publish', 'first');
    expect(await client.take('from-publish')).toMatchObject({ payload: 'first' });
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'removes its folder after %s, also while a call waits',
    async (signal) => {
      const dev = await startDev();
      const waiting = dev.client.consume('q', { wait_seconds: 20 });
      await dev.expectWaits(1);
      dev.run.signalGroup(signal);
      expect(await waiting).toEqual([]);
      expect(await dev.run.ended()).toBe(0);
      expect(existsSync(dev.shown.data_folder)).toBe(false);
    },
  );

  it('removes what a server has left that was killed, and nothing that is in use', async () => {
    // Any other start on this machine would remove it, too.
    const TMPDIR = mkdtempSync(join(tmpdir(), 'millrace-test-dev-'));
    const start = () => startDev([], { TMPDIR });
    /** Only while no other server looks for such folders, which each does soon after its start. */
    const leaveFolder = async (): Promise<string> => {
      const { run, shown } = await start();
      await run.kill();
      expect(existsSync(shown.data_folder)).toBe(true);
      return shown.data_folder;
    };
    const startBeside = async (left: string) => {
      const started = await start();
      await expect.poll(() => existsSync(left)).toBe(false);
      return started;
    };
    const running = await startBeside(await leaveFolder());
    await startBeside(await leaveFolder());
    expect(existsSync(running.shown.data_folder)).toBe(true);
    expect((await running.client.get('list')).status).toBe(200);
  });

  it('removes its folder when it cannot start', async () => {
    const { url, shown } = await startDev();
    const taken = new URL(url).port;
    const { code, stderr } = await outcomeOf(['dev', '--port', taken], {
      TMPDIR: shown.data_folder,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('choose another --port');
    expect(readdirSync(shown.data_folder).filter((name) => name.includes('dev-'))).toEqual([]);
  });

  it.each([
    [['--host', '0.0.0.0'], '--host must be a loopback address'],
    [['--host', '::'], '--host must be a loopback address'],
    [['--metrics-listen', '0.0.0.0:0'], '--metrics-listen must be a loopback address'],
    [['--store', 'sqlite:./x.db'], '--store must not be given'],
    [['--store=postgres://u@h/d'], '--store must not be given'],
    [['--store-file', 'f'], '--store must not be given'],
    [['--port', '-1'], '--port must be'],
    [['serve'], 'there is no command "dev serve"'],
  ])('refuses %j', async (flags, why) => {
    const { code, stdout, stderr } = await outcomeOf(['dev', ...flags]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
  });

  it('does not read the variables of a production server', async () => {
    const run = start(['dev', '--port', '0', '--json'], {
      MILLRACE_STORE: 'postgres://nobody@db.invalid/millrace',
      MILLRACE_API_KEY: 'a-key-of-production-0123',
    });
    await run.says(/"url"/);
    expect(run.stdout, run.stderr).toContain('"api_key":"ifr_millrace_dev_is_no_secret"');
  });

  it('refuses a Host that a web page can choose', async () => {
    const { url } = await startDev();
    const { host } = new URL(url);
    const call = (name: string) =>
      callerOf(url)('GET', '/healthz', undefined, { headers: { host: name } });
    for (const name of [host, 'localhost:1', '[::1]:80'])
      expect((await call(name)).status).toBe(200);
    const { status, body } = await call('rebound.example');
    expect([status, body.error.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(body.error.message).toContain('rebound.example');
  });

  it('has a page of help', async () => {
    const { code, stdout } = await outcomeOf(['dev', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('millrace dev clock advance DURATION');
  });
});

describe('millrace dev clock', () => {
  it('advances and shows the clock of a running server', async () => {
    const { url, client } = await startDev();
    await client.publish('q', 1, { delay_seconds: 604_800 });
    const advanced = await outcomeOf(['dev', 'clock', 'advance', '6d24h', '--url', url]);
    expect(advanced).toMatchObject({ code: 0, stderr: '' });
    expect(advanced.stdout).toMatch(/^the clock shows \S+Z, 604800 s ahead of the real time\n$/);
    expect(await client.stats('q')).toMatchObject({ available: 1 });
    const { stdout } = await outcomeOf(['dev', 'clock', 'show', '--url', `${url}/`, '--json']);
    expect(JSON.parse(stdout)).toEqual({
      now: expect.stringMatching(/^\d{4}-.*Z$/),
      ahead_seconds: 604_800,
    });
  });

  it('finds the server by the variable that millrace dev prints', async () => {
    const { url } = await startDev();
    const { stdout } = await outcomeOf(['dev', 'clock', 'advance', '3600'], { MILLRACE_URL: url });
    expect(stdout).toContain('3600 s ahead');
  });

  it.each([
    [['advance', 'soon'], 2, 'the duration must be seconds, or numbers with the units'],
    [['advance', '-7d'], 2, 'the duration must be seconds, or numbers with the units'],
    [['advance'], 2, 'the duration must be seconds, or numbers with the units'],
    [['advance', '1d', '--uri', 'x'], 2, "Unknown option '--uri'; see millrace dev --help"],
    [['show', '--url', 'nowhere'], 2, '--url or MILLRACE_URL must be the address'],
    [[], 2, 'must be followed by show or advance'],
    [['stop'], 2, 'must be followed by show or advance, not "stop"'],
    [['show', '--url', 'http://127.0.0.1:1'], 3, 'no server answers on http://127.0.0.1:1'],
  ])('refuses %j', async (args, exitCode, why) => {
    const { code, stdout, stderr } = await outcomeOf(['dev', 'clock', ...args]);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toContain(why);
  });

  it('says by how much an advance is too long', async () => {
    const { url } = await startDev();
    const { code, stderr } = await outcomeOf(['dev', 'clock', 'advance', '3651d', '--url', url]);
    expect(code).toBe(2);
    expect(stderr).toContain('the seconds of the duration must be <= 315360000');
  });
});

describe('millrace serve', () => {
  it('has no clock that a caller can advance', async () => {
    const dev = await startDev();
    const environment = { MILLRACE_API_KEY: 'a-key-of-production-0123' };
    const store = `sqlite:${dev.shown.data_folder}/other.db`;
    const run = start(['serve', '--port', '0', '--store', store], environment);
    const url = (await run.listening()) ?? run.stderr;
    const options = { key: environment.MILLRACE_API_KEY };
    for (const [method, path] of [
      ['GET', '/dev/clock'],
      ['POST', '/dev/clock/advance'],
    ] as const) {
      const { status, body } = await callerOf(url)(method, path, undefined, options);
      expect([status, body.error.code]).toEqual([404, 'ROUTE_NOT_FOUND']);
    }
    const { code, stderr } = await outcomeOf(['dev', 'clock', 'show', '--url', url]);
    expect(code).toBe(3);
    expect(stderr).toContain('is not a server in dev mode');
  });

  it('refuses the key of millrace dev', async () => {
    const environment = { MILLRACE_API_KEY: 'ifr_millrace_dev_is_no_secret' };
    const { code, stderr } = await outcomeOf(['serve', '--port', '0'], environment);
    expect(code).toBe(2);
    expect(stderr).toContain('MILLRACE_API_KEY must not be the key');
  });
});
