import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** Enough that their lines exceed both the pipe's buffer and what the server keeps. */
const REQUESTS = 12_000;
const AT_ONCE = 200;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-blocked-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts a server that logs a line for each request while nobody reads its log. */
async function serve() {
  const store = `sqlite:${join(folder, 'millrace.db')}`;
  const flags = ['serve', '--port', '0', '--store', store, '--log-level', 'debug'];
  const env = { ...process.env, MILLRACE_API_KEY: 'a-key-of-the-test-0123456789' };
  const child = spawn(process.execPath, [MAIN, ...flags], { env, stdio: 'pipe' });
  child.stderr.pause();
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const pool = new Pool(line.split(' ').at(-1) ?? '', { connections: 4, pipelining: 10 });
  const ask = async (count: number): Promise<void> => {
    for (let asked = 0; asked < count; asked += AT_ONCE) {
      const answers = Array.from({ length: AT_ONCE }, async () => {
        const { statusCode, body } = await pool.request({ method: 'GET', path: '/healthz' });
        await body.dump();
        expect(statusCode).toBe(200);
      });
      await Promise.all(answers);
    }
  };
  const end = async (): Promise<number | null> => {
    await pool.close();
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    return code;
  };
  return { child, ask, end };
}

test('a server whose log nobody reads keeps running, and later logs how many lines were lost', async () => {
  const { child, ask, end } = await serve();
  try {
    await ask(REQUESTS);
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.stderr.resume();
    // The line is written with the next log line for which there is room again.
    await expect
      .poll(
        async () => {
          await ask(AT_ONCE);
          return text;
        },
        { timeout: 30_000 },
      )
      .toContain('lines of the log were lost');
    expect(await end()).toBe(0);
    const lines = text.trimEnd().split('\n');
    const parsed = lines.map((line) => JSON.parse(line));
    const lost = parsed.find(({ msg }) => msg.includes('were lost'));
    expect(lost).toMatchObject({ level: 'warn', lines: expect.any(Number) });
    // The lines are in order, and the last one is there.
    const times = parsed.map(({ time }) => time);
    expect(times).toEqual([...times].sort());
    expect(parsed.at(-1)).toMatchObject({ msg: 'stopped' });
  } finally {
    child.kill('SIGKILL');
  }
}, 120_000);

test('a server whose log is closed keeps running and stops in order', async () => {
  const { child, ask, end } = await serve();
  try {
    child.stderr.destroy();
    await ask(1_000);
    expect(await end()).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
}, 120_000);
