import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { killOnExit, stopChild } from './child-process.js';

/** What a client needs to know of a server. */
export interface MillraceAddress {
  port: number;
  apiKey: string;
}

export interface MillraceServer extends MillraceAddress {
  pid: number;
  storeUrl: string;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 30_000;
const KEPT_LOG_CHARS = 4000;
const threadNames = fileURLToPath(new URL('../usage/thread-names.cjs', import.meta.url));
const serverFile = fileURLToPath(new URL('../../../packages/server/dist/main.js', import.meta.url));

export async function startServer(
  storeUrl: string,
  flags: readonly string[] = [],
): Promise<MillraceServer> {
  if (!existsSync(serverFile))
    throw new Error(`${serverFile} is missing: run "npm run build" first`);
  const apiKey = `ifr_${randomBytes(14).toString('hex')}`;
  const nodeFlags = process.env.BENCH_NODE_FLAGS?.split(/\s+/).filter(Boolean) ?? [];
  const child = spawn(
    process.execPath,
    [
      '--require',
      threadNames,
      ...nodeFlags,
      serverFile,
      'serve',
      '--port',
      '0',
      '--store',
      storeUrl,
      ...flags,
    ],
    { env: { ...process.env, MILLRACE_API_KEY: apiKey }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  killOnExit(child);

  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-KEPT_LOG_CHARS);
  });
  const stop = () => stopChild(child);

  const listening = new Promise<number>((resolve) => {
    // Reading continues: a full pipe would block a server that logs to stdout.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const port = /^millrace listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
  const failed = once(child, 'exit', { signal: AbortSignal.timeout(START_LIMIT_MS) }).then(
    ([code, signal]) => {
      throw new Error(`millrace ended before it listened (${signal ?? code})\n${log}`);
    },
    (cause) => {
      throw new Error(`millrace does not listen\n${log}`, { cause });
    },
  );
  try {
    const port = await Promise.race([listening, failed]);
    return { port, apiKey, pid: child.pid as number, storeUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
