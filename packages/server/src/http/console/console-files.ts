import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A built file, with the gzip form that the build has put beside it. */
export interface ConsoleFile {
  readonly type: string;
  /** Both give undefined if a new build has removed the file since the start. */
  bytes(): Buffer | undefined;
  gzipped(): Buffer | undefined;
}

/**
 * The files of the web console by their path below the folder, or undefined if it was not built. Their
 * names are read once; each file is read when it is first asked for, and then all requests share its bytes.
 */
export function readConsoleFiles(folder: string): ReadonlyMap<string, ConsoleFile> | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const files = new Map<string, ConsoleFile>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = join(folder, name);
    files.set(name.replaceAll('\\', '/'), {
      type,
      bytes: once(() => readFileSync(path)),
      gzipped: once(() => readFileSync(`${path}.gz`)),
    });
  }
  return files;
}

function once(read: () => Buffer): () => Buffer | undefined {
  let value: Buffer | undefined;
  return () => {
    try {
      value ??= read();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return value;
  };
}
