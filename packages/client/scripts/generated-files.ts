import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { contractCalls, contractLimits, contractTypes } from './contract-types.js';

const inClient = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const BIOME = fileURLToPath(new URL('../../../node_modules/.bin/biome', import.meta.url));

/** The text as the formatter writes it, so that a generated file passes the check of the format. */
const formatted = (path: string, text: string): string =>
  execFileSync(BIOME, ['format', `--stdin-file-path=${path}`], { input: text, encoding: 'utf8' });

/** Each generated file with the text that it should have. */
export function generatedFiles(): { path: string; text: string }[] {
  return [
    { path: inClient('src/contract/types.ts'), text: contractTypes() },
    { path: inClient('src/contract/calls.ts'), text: contractCalls() },
    { path: inClient('src/contract/limits.ts'), text: contractLimits() },
  ].map(({ path, text }) => ({ path, text: formatted(path, text) }));
}
