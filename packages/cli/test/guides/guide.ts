import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningMillrace, startMillrace } from '@millrace/client/testing';
import { expect, onTestFinished, vi } from 'vitest';

export const atRoot = (path: string): string =>
  fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

export const GUIDES = ['worker', 'retries-and-dead-letters', 'from-sqs', 'from-bullmq'];

export const guideText = (name: string): string =>
  readFileSync(atRoot(`docs/guides/${name}.md`), 'utf8');

/** The blocks of a guide in one language. */
export const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, block = '']) => block,
  );

/** The only block of a guide in this language. */
export function blockOf(name: string, language: string): string {
  const [block, ...others] = blocksOf(guideText(name), language);
  if (block === undefined || others.length > 0) throw new Error(`${name}: which ${language}?`);
  return block;
}

/** A server that runs until the end of the test. */
export async function startServer(): Promise<RunningMillrace> {
  const program = atRoot('packages/cli/bin/millrace.js');
  const server = await startMillrace({ command: [process.execPath, program] });
  onTestFinished(() => server.stop());
  return server;
}

/** What the guides take for granted: the two variables, and programs that are installed. */
export const environmentOf = (server: RunningMillrace): NodeJS.ProcessEnv => ({
  ...process.env,
  MILLRACE_URL: server.url,
  MILLRACE_API_KEY: server.apiKey,
  PATH: [atRoot('node_modules/.bin'), process.env.PATH].join(delimiter),
  PYTHONPATH: atRoot('clients/python'),
});

/** A folder in which the packages of the checkout are found, until the end of the test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(atRoot('node_modules/.guides-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A program of a guide, in a file of its own. */
export class GuideProgram {
  printed = '';
  readonly #process: ChildProcess;

  private constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#process = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.printed += text;
      });
    }
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  /** @param command the interpreter with its arguments; the path of the file follows */
  static async start(
    [command = '', ...args]: readonly string[],
    file: string,
    text: string,
    env: NodeJS.ProcessEnv,
  ): Promise<GuideProgram> {
    const path = join(await newFolder(), file);
    await writeFile(path, text);
    return new GuideProgram(command, [...args, path], env);
  }

  async prints(text: string): Promise<void> {
    await eventually(() => expect(this.printed).toContain(text));
  }

  /** @returns its exit code; null if the signal ended it */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    const [code] = await once(this.#process, 'exit');
    return code;
  }
}

/** A mail server that answers each address as it is told, and notes the addresses. */
export async function startMailServer(statusOf: (to: string) => number) {
  const addresses: string[] = [];
  const server = createServer((request, response) => {
    const to = (request.url ?? '').slice(1);
    addresses.push(to);
    response.writeHead(statusOf(to)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, addresses };
}

/** Waits until an assertion holds. */
export const eventually = (assertion: () => unknown): Promise<void> =>
  vi.waitFor(async () => void (await assertion()), { timeout: 30_000, interval: 20 });
