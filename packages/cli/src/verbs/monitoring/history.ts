import type { DayHistory, HourHistory } from '@millrace/client';
import { type Command, Option } from 'commander';
import { table } from '../../output/table.js';
import { answerWith } from '../../session/answer-with.js';
import { addVerb, runsOnServer } from '../verb.js';

interface HistoryFlags {
  readonly span: 'hour' | 'day';
}

export function addHistory(program: Command): void {
  const command = addVerb(program, {
    usage: 'history <queue>',
    summary: 'shows the depth and the rates of a queue over the last hour or day',
    details: 'The hour comes by the minute, the day by the quarter of an hour.',
    examples: ['history orders', 'history orders --span day', 'history orders --json'],
  }).addOption(
    new Option('--span <span>', 'how far back').choices(['hour', 'day']).default('hour'),
  );
  runsOnServer<[string], HistoryFlags>(command, async ({ client, out }, [name], { span }) => {
    const queue = (await client()).queue(name);
    if (span === 'day') {
      const day = answerWith(await queue.history({ span }), 'quarterHours');
      await out.record(day, () => historyTable('QUARTER OF AN HOUR', day.quarterHours));
    } else {
      const hour = answerWith(await queue.history({ span }), 'minutes');
      await out.record(hour, () => historyTable('MINUTE', hour.minutes));
    }
  });
}

type Part = HourHistory['minutes'][number] | DayHistory['quarterHours'][number];

const COLUMNS = ['DEPTH', 'PUBLISHED', 'DELIVERED', 'ACKED', 'FAILED', 'DEAD LETTERS'];

const historyTable = (unit: string, parts: readonly Part[]): Promise<string> =>
  table([unit, ...COLUMNS], parts.map(rowOf));

const rowOf = (part: Part) => [
  part.at,
  part.depth,
  part.published,
  part.delivered,
  part.acked,
  part.failed,
  part.deadLettered,
];
