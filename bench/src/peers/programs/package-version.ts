import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** The installed version of an npm package, as `name 1.2.3`. Not every package exports its package.json. */
export function packageVersion(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    const version = readVersion(join(folder, name, 'package.json'));
    if (version !== undefined) return `${name} ${version}`;
  }
  throw new Error(`the package ${name} is not installed: run npm install`);
}

function readVersion(file: string): string | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).version;
  } catch {
    return undefined;
  }
}
