import type { HourHistory } from '@millrace/client';
import type { Command } from 'commander';
import { table } from '../../output/table.js';
import { addVerb, runsOnServer } from '../verb.js';

export function addHistory(program: Command): void {
  const command = addVerb(program, {
    usage: 'history <queue>',
    summary: 'shows the depth and the rates of a queue for each minute of the last hour',
    examples: ['history orders', 'history orders --json'],
  });
  runsOnServer<[string]>(command, async ({ client, out }, [name]) => {
    const history = await (await client()).queue(name).history();
    await out.record(history, () => table(COLUMNS, history.minutes.map(rowOf)));
  });
}

const COLUMNS = ['MINUTE', 'DEPTH', 'PUBLISHED', 'DELIVERED', 'ACKED', 'FAILED', 'DEAD LETTERS'];

const rowOf = (minute: HourHistory['minutes'][number]) => [
  minute.at,
  minute.depth,
  minute.published,
  minute.delivered,
  minute.acked,
  minute.failed,
  minute.deadLettered,
];
