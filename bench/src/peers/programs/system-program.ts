import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { killOnExit, stopChild } from '../../servers/child-process.js';
import { NotAvailable } from '../peer.js';

const START_LIMIT_MS = 60_000;
const KEPT_LOG_CHARS = 4000;
/** Some distributions have these only in the PATH of root. */
const FURTHER_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

export interface RunningProgram {
  pid: number;
  stop(): Promise<void>;
}

/** The path of a program; throws `NotAvailable` with the command that installs it. */
export function findProgram(
  name: string,
  packageName: string,
  folders: readonly string[] = [],
): string {
  const inPath = (process.env.PATH ?? '').split(delimiter);
  const found = [...folders, ...inPath, ...FURTHER_FOLDERS]
    .map((folder) => join(folder, name))
    .find(isExecutable);
  if (found !== undefined) return found;
  throw new NotAvailable(`${name} is not installed: apt-get install ${packageName}`);
}

/** The first version number that the program prints with these arguments. */
export async function versionOf(
  file: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const env = { ...process.env, ...environment };
  const { stdout, stderr } = await promisify(execFile)(file, args, { env });
  const version = /\d+(\.\d+)+/.exec(stdout + stderr)?.[0];
  if (version === undefined) throw new Error(`${file} ${args.join(' ')} prints no version`);
  return version;
}

/** Starts a program in the foreground and waits until it accepts connections on this port of 127.0.0.1. */
export async function startProgram(
  file: string,
  args: readonly string[],
  port: number,
  environment: NodeJS.ProcessEnv = {},
): Promise<RunningProgram> {
  const child = spawn(file, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killOnExit(child);
  let log = '';
  let failure: string | undefined;
  const keep = (text: string) => {
    log = (log + text).slice(-KEPT_LOG_CHARS);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code, signal) => {
    failure ??= `ended with ${signal ?? code}`;
  });

  const untilMs = performance.now() + START_LIMIT_MS;
  while (!(await accepts(port))) {
    if (failure === undefined && performance.now() > untilMs) failure = 'does not listen';
    if (failure !== undefined) {
      if (child.pid !== undefined) await stopChild(child);
      throw new Error(`${file}: ${failure}\n${log}`);
    }
    await sleep(50);
  }
  return { pid: child.pid as number, stop: () => stopChild(child) };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
