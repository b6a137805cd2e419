import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The installed version of an npm package, as `name 1.2.3`. Not every package exports its package.json. */
export function packageVersion(name: string): string {
  let folder = dirname(require.resolve(name));
  for (;;) {
    const found = readPackage(folder);
    if (found?.name === name) return `${name} ${found.version}`;
    if (dirname(folder) === folder) throw new Error(`${name} has no package.json`);
    folder = dirname(folder);
  }
}

function readPackage(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
