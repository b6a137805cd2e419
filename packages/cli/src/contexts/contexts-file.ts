import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { CliError } from '../errors.js';

/** A server and its key. */
export interface Context {
  readonly url: string;
  readonly apiKey: string;
}

export interface Contexts {
  readonly current: string | undefined;
  readonly contexts: Map<string, Context>;
}

/** The form of the file. */
interface Stored {
  readonly current?: string;
  readonly contexts: Record<string, { readonly url: string; readonly api_key: string }>;
}

/** `$XDG_CONFIG_HOME/millrace/contexts.json`, by default under `~/.config`. */
export function contextsPath({ XDG_CONFIG_HOME = '' }: NodeJS.ProcessEnv = process.env): string {
  // The specification says to ignore a path that is not absolute.
  const base = isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(homedir(), '.config');
  return join(base, 'millrace', 'contexts.json');
}

/** @throws CliError if the file cannot be read, or is not what this program writes */
export function readContexts(): Contexts {
  const path = contextsPath();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { current: undefined, contexts: new Map() };
    throw new CliError(`the contexts cannot be read: ${message}`);
  }
  return parse(text, path);
}

function parse(text: string, path: string): Contexts {
  // The text of the error would quote the file, which holds keys.
  const broken = new CliError(
    `${path} is not a file of contexts`,
    'Remove it, or repair its JSON.',
  );
  try {
    const { current, contexts } = JSON.parse(text) as Stored;
    const entries = Object.entries(contexts).map(([name, { url, api_key: apiKey }]) => {
      if (typeof url !== 'string' || typeof apiKey !== 'string') throw broken;
      return [name, { url, apiKey }] as const;
    });
    return {
      current: typeof current === 'string' ? current : undefined,
      contexts: new Map(entries),
    };
  } catch {
    throw broken;
  }
}

/** Replaces the file as a whole. Only its owner may read it, because it holds keys. */
export function writeContexts({ current, contexts }: Contexts): void {
  const path = contextsPath();
  const entries = [...contexts].map(([name, { url, apiKey }]) => [name, { url, api_key: apiKey }]);
  const stored = { current, contexts: Object.fromEntries(entries) };
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    chmodSync(dirname(path), 0o700);
    writeFileSync(temporary, `${JSON.stringify(stored, undefined, 2)}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new CliError(`the contexts cannot be written: ${(error as Error).message}`);
  }
}
