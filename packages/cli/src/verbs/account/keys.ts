import type { CreateKeyParams, KeyRecord } from '@millrace/client';
import type { Command } from 'commander';
import { NotFound } from '../../errors.js';
import {
  addConfirmationOptions,
  type ConfirmationOptions,
  confirmed,
} from '../../input/confirmed.js';
import { listOf, timeOrSpan } from '../../input/option-values.js';
import { recordLines, table } from '../../output/table.js';
import { addVerb, runsOnServer } from '../verb.js';

export function addKeyVerbs(keys: Command): void {
  addCreate(keys);
  addList(keys);
  addRevoke(keys);
}

interface CreateFlags {
  readonly name?: string;
  readonly project?: string;
  readonly scope?: string[];
  readonly expires?: string;
}

function addCreate(keys: Command): void {
  const command = addVerb(keys, {
    usage: 'create',
    summary: 'creates an API key and prints its secret, once',
    examples: [
      'keys create --name worker --scope consume',
      'keys create --name importer --scope publish,read --expires 90d',
      'keys create --name audit --scope read --expires 2027-01-01T00:00:00Z',
    ],
  })
    .option('--name <name>', 'a name for people')
    .option('--project <project>', 'the project that it belongs to (default)')
    .option('--scope <scope>', 'what it may do (manage); may be repeated', listOf)
    .option('--expires <time>', 'when it stops working, or after how long', timeOrSpan);
  runsOnServer<[], CreateFlags>(command, async ({ client, out }, _, flags) => {
    const { name, project, scope, expires } = flags;
    // The server checks the scopes; it may know more of them than this program.
    const scopes = scope as CreateKeyParams['scopes'];
    const key = await (await client()).account.keys.create({
      name,
      project,
      scopes,
      expiresAt: expires,
    });
    await out.record(key, () => recordLines(key));
  });
}

function addList(keys: Command): void {
  const command = addVerb(keys, {
    usage: 'list',
    summary: 'lists the API keys of all projects, without their secrets',
    examples: ['keys list'],
  });
  runsOnServer<[]>(command, async ({ client, out }) => {
    const keysOfServer = (await client()).account.keys.list({ limit: 1_000 });
    await out.list(keysOfServer, (items) => table(COLUMNS, items.map(rowOf)));
  });
}

const COLUMNS = ['KEY', 'NAME', 'PROJECT', 'SCOPES', 'CREATED', 'LAST USED', 'STATE'];

const rowOf = (key: KeyRecord) => [
  key.keyId,
  key.name,
  key.project,
  key.scopes.join(','),
  key.createdAt,
  key.lastUsedAt,
  stateOf(key),
];

function stateOf({ revokedAt, expiresAt }: KeyRecord): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt}`;
  return expiresAt === undefined ? 'valid' : `until ${expiresAt}`;
}

function addRevoke(keys: Command): void {
  const command = addVerb(keys, {
    usage: 'revoke <key-id>',
    summary: 'revokes an API key for good',
    examples: ['keys revoke key_7f3a --dry-run', 'keys revoke key_7f3a --yes'],
  });
  addConfirmationOptions(command);
  runsOnServer<[string], ConfirmationOptions>(command, async (session, [id], options) => {
    const { keys: all } = (await session.client()).account;
    const known = (await all.list({ limit: 1_000 }).toArray()).find(({ keyId }) => keyId === id);
    if (known === undefined) {
      throw new NotFound(`there is no key ${id}`, 'See which there are: millrace keys list');
    }
    const affected = known.revokedAt === undefined ? 1 : 0;
    const description = `revoke the key ${id}${remarkOn(known)}`;
    const effect = { action: 'account.keys.revoke', target: id, affected, description };
    if (!(await confirmed(session, effect, options))) return;
    const result = await all.revoke(id);
    await session.out.record(result, () => `the key ${id} is revoked`);
  });
}

function remarkOn(key: KeyRecord): string {
  const name = key.name === undefined ? '' : ` (${key.name})`;
  return key.revokedAt === undefined ? name : `${name}, which is revoked already`;
}
