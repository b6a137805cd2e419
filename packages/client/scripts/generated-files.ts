import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  contractCalls,
  contractCallTypes,
  contractLimits,
  contractRecords,
} from './contract-types.js';

const inClient = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const BIOME = fileURLToPath(new URL('../../../node_modules/.bin/biome', import.meta.url));

/** The text as the formatter writes it, so that a generated file passes the check of the format. */
const formatted = (path: string, text: string): string =>
  execFileSync(BIOME, ['format', `--stdin-file-path=${path}`], { input: text, encoding: 'utf8' });

/** The types of the calls are in several files, which are small enough to read. */
const TYPE_FILES = [
  { name: 'queue-types', ids: /^queue\.(create|get|list|stats|update|delete|purge|history)$/ },
  { name: 'delivery-types', ids: /^queue\.(consume|n?ack|n?ack_batch|extend)$/ },
  { name: 'message-types', ids: /^queue\.(publish|publish_batch|peek|message|dlq\..*)$/ },
  { name: 'push-types', ids: /^queue\.push_/ },
  { name: 'account-types', ids: /^account\./ },
];

/** Each generated file with the text that it should have. */
export function generatedFiles(): { path: string; text: string }[] {
  return [
    { path: inClient('src/contract/records.ts'), text: contractRecords() },
    ...TYPE_FILES.map(({ name, ids }) => ({
      path: inClient(`src/contract/${name}.ts`),
      text: contractCallTypes((id) => ids.test(id)),
    })),
    { path: inClient('src/contract/calls.ts'), text: contractCalls() },
    { path: inClient('src/contract/limits.ts'), text: contractLimits() },
  ].map(({ path, text }) => ({ path, text: formatted(path, text) }));
}
