import { readFileSync } from 'node:fs';
import type { RunCommand } from './command.js';

const PACKAGE = new URL('../../package.json', import.meta.url);

export const run: RunCommand = async () => {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  process.stdout.write(`${version}\n`);
};
