import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

function serve(store: string, port: number) {
  const { MILLRACE_API_KEY: _none, ...env } = process.env;
  const flags = ['serve', '--store', `sqlite:${store}`, '--port', String(port)];
  const child = spawn(process.execPath, [MAIN, ...flags], { env, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, output: () => output };
}

test('the first key is printed by the next start if the first start cannot listen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-first-key-'));
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  try {
    const store = join(folder, 'millrace.db');
    const failed = serve(store, (taken.address() as AddressInfo).port);
    expect(await once(failed.child, 'exit')).toEqual([1, null]);
    expect(failed.output()).toContain('--port');
    const started = serve(store, 0);
    await expect.poll(started.output, { timeout: 20_000 }).toMatch(/listening on/);
    const url = /listening on (http:\S+)/.exec(started.output())?.[1];
    const key = /"api_key":"(ifr_[^"]+)"/.exec(started.output())?.[1];
    const answer = await fetch(`${url}/v1/queue/list`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
    started.child.kill('SIGTERM');
    expect(await once(started.child, 'exit')).toEqual([0, null]);
  } finally {
    taken.close();
    await rm(folder, { recursive: true, force: true });
  }
});
