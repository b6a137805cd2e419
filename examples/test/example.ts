import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type RunningMillrace, startMillrace } from '@millrace/client/testing';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';

const MILLRACE = fileURLToPath(new URL('../../packages/server/dist/main.js', import.meta.url));

/** One server for the tests of a file, with a clock that they can advance. */
export function useMillrace(): () => RunningMillrace {
  let server: RunningMillrace | undefined;
  beforeAll(async () => {
    server = await startMillrace({ command: [process.execPath, MILLRACE] });
  });
  afterAll(() => server?.stop());
  return () => {
    if (server === undefined) throw new Error('the server runs only inside of tests');
    return server;
  };
}

/** An example that runs as a process of its own, as a user starts it. */
export class RunningExample {
  printed = '';
  readonly #process: ChildProcess;

  constructor(name: string, server: RunningMillrace, environment: Record<string, string>) {
    const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
    this.#process = spawn(process.execPath, ['--import', 'tsx', path], {
      env: {
        ...process.env,
        MILLRACE_URL: server.url,
        MILLRACE_API_KEY: server.apiKey,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text;
      });
    }
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  /** Waits until it has printed this. */
  async says(text: string): Promise<void> {
    await eventually(() => expect(this.printed).toContain(text));
  }

  /** Ends it as a supervisor does. @returns its exit code */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    const [code] = await once(this.#process, 'exit');
    return code;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

/** Waits until an assertion holds. */
export const eventually = (assertion: () => unknown): Promise<void> =>
  vi.waitFor(async () => void (await assertion()), { timeout: 30_000, interval: 20 });
