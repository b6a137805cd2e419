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
/** Their lines are more than the pipe holds and more than the server keeps. */
const REQUESTS = 12_000;
const AT_ONCE = 200;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-blocked-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A server with a line for each request, and nobody who reads them. */
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

test('a server whose log nobody reads goes on, and says later how many lines were lost', async () => {
  const { child, ask, end } = await serve();
  try {
    await ask(REQUESTS);
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.stderr.resume();
    // A line is made when there is something to say, and there is room again.
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
    // Order is kept, and the last word is there.
    const times = parsed.map(({ time }) => time);
    expect(times).toEqual([...times].sort());
    expect(parsed.at(-1)).toMatchObject({ msg: 'stopped' });
  } finally {
    child.kill('SIGKILL');
  }
}, 120_000);

test('a server whose log is closed goes on, and stops in good order', async () => {
  const { child, ask, end } = await serve();
  try {
    child.stderr.destroy();
    await ask(1_000);
    expect(await end()).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
}, 120_000);
