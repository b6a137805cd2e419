import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CommandRun, MAIN_PATH } from './command-run.js';
import { KEY } from './waiting-calls.js';

const DESCRIPTORS = 400;

let folder: string;
let run: CommandRun;
const sockets: Socket[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-descriptors-'));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  agent.destroy();
  await run.kill();
  await rm(folder, { recursive: true, force: true });
});

async function ask(url: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${KEY}` };
  const [answer] = (await once(get(url, { agent, headers }), 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode;
}

/** The threads of the store that lists need are not started before the first list. */
it.skipIf(process.platform === 'win32')(
  'a server whose file descriptors all serve connections when it wants to start a thread goes on',
  async () => {
    const start = `ulimit -n ${DESCRIPTORS}; exec "${process.execPath}" "${MAIN_PATH}" "$@"`;
    run = new CommandRun(['serve', '--port', '0', '--store', `sqlite:${join(folder, 'm.db')}`], {
      program: ['sh', '-c', start, 'sh'],
      environment: { MILLRACE_API_KEY: KEY },
    });
    const url = (await run.listening()) ?? run.stderr;
    // This connection is kept for the later calls.
    expect(await ask(`${url}/healthz`)).toBe(200);
    const { hostname, port } = new URL(url);
    let refused = 0;
    for (let n = 0; n < DESCRIPTORS; n += 1) {
      const socket = connect(Number(port), hostname);
      socket
        .on('error', () => undefined)
        .once('close', () => {
          refused += 1;
        });
      sockets.push(socket);
    }
    await expect.poll(() => refused, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await ask(`${url}/v1/queue/list`), run.stderr).toBe(503);
    for (const socket of sockets.splice(0)) socket.destroy();
    await expect.poll(() => ask(`${url}/v1/queue/list`), { timeout: 10_000 }).toBe(200);
    expect(run.isRunning).toBe(true);
  },
);
