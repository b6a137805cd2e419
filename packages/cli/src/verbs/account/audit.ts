import type { AuditEntry } from '@millrace/client';
import type { Command } from 'commander';
import { positiveNumber } from '../../input/option-values.js';
import { table } from '../../output/table.js';
import { first } from '../../session/first.js';
import { addVerb, runsOnServer } from '../verb.js';

export function addAudit(program: Command): void {
  const command = addVerb(program, {
    usage: 'audit',
    summary: 'lists administrative calls that were done or refused, newest first',
    examples: ['audit', 'audit --max 1000 --json'],
  }).option('-n, --max <n>', 'the most entries', positiveNumber, 50);
  runsOnServer<[], { readonly max: number }>(command, async ({ client, out }, _, { max }) => {
    const entries = (await client()).account.audit({ limit: Math.min(max, 1_000) });
    await out.list(first(max, entries), (items) => table(COLUMNS, items.map(rowOf)));
  });
}

const COLUMNS = ['AT', 'ACTION', 'OUTCOME', 'TARGET', 'KEY', 'ADDRESS', 'COUNT'];

const rowOf = ({ at, action, outcome, code, target, keyId, address, count }: AuditEntry) => [
  at,
  action,
  code === undefined ? outcome : `${outcome}: ${code}`,
  target,
  keyId,
  address,
  count,
];
