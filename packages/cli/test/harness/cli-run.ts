import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningMillrace, startMillrace } from '@millrace/client/testing';
import { afterAll, beforeAll } from 'vitest';

export const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** The standard input; by default it is empty. */
  readonly input?: string | Buffer;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Without the settings of whoever runs the tests. */
export function plainEnvironment(): Record<string, string> {
  const names = /^(MILLRACE_|NO_COLOR|FORCE_COLOR|XDG_|npm_)/;
  const entries = Object.entries(process.env).filter(([name]) => !names.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Runs `millrace` with pipes for its input and its output. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...plainEnvironment(), ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A program that has ended takes no input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Starts `millrace` and leaves its input open. */
export function startCli(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...plainEnvironment(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close');
  const ended = async (): Promise<number | null> => (await closed)[0];
  return {
    /** The program finds nobody who reads. */
    closeOutput: () => void child.stdout.destroy(),
    ended,
    lines: () => texts.stdout.split('\n').filter(Boolean),
    stderr: () => texts.stderr,
    write: (text: string) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    end(signal: NodeJS.Signals): Promise<number | null> {
      child.kill(signal);
      return ended();
    },
  };
}

let queuesMade = 0;

/** A dev server, and `millrace` with its address and key in the environment. */
export class CliWithServer {
  #server: RunningMillrace | undefined;
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));

  get server(): RunningMillrace {
    if (this.#server === undefined) throw new Error('the server runs only inside of tests');
    return this.#server;
  }

  get environment(): Record<string, string> {
    const { url, apiKey } = this.server;
    return { MILLRACE_URL: url, MILLRACE_API_KEY: apiKey, XDG_CONFIG_HOME: this.folder };
  }

  run(args: readonly string[], { input, environment }: CliOptions = {}): Promise<CliResult> {
    const all = { ...this.environment, ...environment };
    return runCli(args, { ...(input !== undefined && { input }), environment: all });
  }

  /** The standard output of a run that must succeed. */
  async output(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** The objects that a verb prints with `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read records of every kind.
  async json(...args: readonly string[]): Promise<any[]> {
    const text = await this.output(...args, '--json');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  /** Creates a queue that no other test uses. */
  async newQueue(settings: { readonly maxRetries?: number } = {}): Promise<string> {
    queuesMade += 1;
    const name = `cli-queue-${queuesMade}`;
    await this.server.millrace.queue(name).create(settings);
    return name;
  }

  /** A verb that goes on until a signal ends it, or its input ends. */
  start(...args: readonly string[]) {
    return startCli(args, this.environment);
  }

  async startServer(flags: readonly string[]): Promise<void> {
    this.#server = await startMillrace({ command: [process.execPath, BIN], flags });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server that the tests of a file share. */
export function useServer(flags: readonly string[] = []): CliWithServer {
  const cli = new CliWithServer();
  beforeAll(() => cli.startServer(flags));
  afterAll(() => cli.stop());
  return cli;
}
