import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Millrace } from '../millrace.js';

export interface StartOptions {
  /**
   * The program that runs `millrace`, with its first arguments. Default: that of the package `millrace`,
   * as the project of the test has it installed.
   */
  readonly command?: readonly string[] | undefined;
  /** Flags of the server, for example `['--max-queue-messages', '1000']`. */
  readonly flags?: readonly string[] | undefined;
  /** How long the server may take to start, in milliseconds. Default: 20,000. */
  readonly timeoutMs?: number | undefined;
}

/** A server for tests: the production server, with data that is gone when it stops. */
export interface RunningMillrace extends AsyncDisposable {
  readonly url: string;
  readonly apiKey: string;
  /** A client of the server. */
  readonly millrace: Millrace;
  /** Lets time pass at once: delays, leases and retention that end by then have ended. */
  advanceClock(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts `millrace dev` on a free port. Queues are created when they are first used. The server also stops
 * when this process ends, however that happens.
 */
export async function startMillrace(options: StartOptions = {}): Promise<RunningMillrace> {
  const { command = installedCommand(), flags = [], timeoutMs = 20_000 } = options;
  const [program = '', ...first] = command;
  const own = ['--port', '0', '--json', '--stop-with-stdin'];
  // Nothing is written to the standard input. It ends with this process, and the server with it.
  const child = spawn(program, [...first, 'dev', ...own, ...flags], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const { url, api_key: apiKey } = await announcement(child, timeoutMs);
    return {
      url,
      apiKey,
      millrace: new Millrace({ baseUrl: url, apiKey }),
      advanceClock: (seconds) => advanceClock(url, apiKey, seconds),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** The bin of the package `millrace`, run by this Node. */
function installedCommand(): string[] {
  const { resolve } = createRequire(join(process.cwd(), 'package.json'));
  let path: string;
  try {
    path = resolve('millrace/package.json');
  } catch (cause) {
    const hint = 'add it to the devDependencies of this project, or pass the option command';
    throw new Error(`the package millrace is not installed: ${hint}`, { cause });
  }
  const { bin } = JSON.parse(readFileSync(path, 'utf8')) as { bin: string | { millrace: string } };
  return [process.execPath, join(path, '..', typeof bin === 'string' ? bin : bin.millrace)];
}

interface Announcement {
  readonly url: string;
  readonly api_key: string;
}

/** The line of JSON that the server prints once it listens. */
async function announcement(child: ChildProcess, timeoutMs: number): Promise<Announcement> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-4_000);
  });
  const failed = (reason: string): Error => new Error(`millrace dev ${reason}\n${stderr}`.trim());
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failed(`has not started in ${timeoutMs} ms`)), timeoutMs);
    const settle = (): void => clearTimeout(timer);
    child.once('error', (cause) => {
      settle();
      reject(new Error('millrace dev cannot be started', { cause }));
    });
    child.once('close', (code) => {
      settle();
      reject(failed(`has ended with ${code}`));
    });
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      settle();
      resolve(JSON.parse(line));
    });
  });
}

async function advanceClock(url: string, apiKey: string, seconds: number): Promise<void> {
  const answer = await fetch(`${url}/dev/clock/advance`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ seconds }),
  });
  if (!answer.ok) throw new Error(`the clock was not advanced: ${await answer.text()}`);
}
