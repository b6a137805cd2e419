import type {
  CreateParams,
  ListedQueue,
  QueueRecord,
  QueueStats,
  UpdateParams,
} from '@millrace/client';
import type { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { recordLines, table } from '../../output/table.js';
import type { Session } from '../../session/session.js';
import { addVerb, runsOnServer } from '../verb.js';
import { addQueueSettings, typeOption } from './queue-settings.js';

export function addQueueVerbs(queue: Command): void {
  addCreate(queue);
  addList(queue);
  addShow(queue);
  addUpdate(queue);
}

function addCreate(queue: Command): void {
  const command = addVerb(queue, {
    usage: 'create <queue>',
    summary: 'creates a queue',
    details: 'If it exists with the same settings, nothing happens.',
    examples: [
      'queue create orders',
      'queue create orders --max-retries 5 --dead-letter-queue failed-orders',
      'queue create ledger --type fifo',
    ],
  });
  addQueueSettings(command).addOption(typeOption());
  runsOnServer<[string], Omit<CreateParams, 'name'>>(command, async (session, [name], settings) => {
    const client = await session.client();
    const record = await client.queue(name).create(settings);
    await session.out.record(record, () => `the queue ${record.queue} exists`);
  });
}

function addList(queue: Command): void {
  const command = addVerb(queue, {
    usage: 'list',
    summary: 'lists the queues with their counts',
    examples: ['queue list', 'queue list --prefix orders- --json'],
  }).option('--prefix <text>', 'only queues whose name begins with it');
  runsOnServer<[], { readonly prefix?: string }>(command, async ({ client, out }, _, options) => {
    const queues = (await client()).queues.list({ ...options, include: 'stats', limit: 1_000 });
    await out.list(queues, (items) => table(COLUMNS, items.map(rowOf)));
  });
}

const COLUMNS = ['QUEUE', 'TYPE', 'AVAILABLE', 'IN FLIGHT', 'DELAYED', 'DEAD LETTERS'];

const rowOf = ({ queue, type, stats }: ListedQueue) => [
  queue,
  type,
  stats?.available,
  stats?.inFlight,
  stats?.delayed,
  stats?.dlq,
];

function addShow(queue: Command): void {
  const command = addVerb(queue, {
    usage: 'show <queue>',
    summary: 'shows the settings and the counts of a queue',
    examples: ['queue show orders', 'queue show orders --json'],
  }).alias('get');
  runsOnServer<[string]>(command, show);
}

async function show({ client, out }: Session, [name]: [string]): Promise<void> {
  const queue = (await client()).queue(name);
  const [record, stats] = await Promise.all([queue.get(), queue.stats()]);
  await out.record({ ...record, stats }, () => recordLines(together(record, stats)));
}

const together = (record: QueueRecord, { queue: _, ...counts }: QueueStats) => ({
  ...record,
  ...counts,
});

type Update = Omit<UpdateParams, 'deadLetterQueue' | 'maxExpiredLeases'> & {
  readonly deadLetterQueue?: string | false;
  readonly maxExpiredLeases?: number | false;
};

function addUpdate(queue: Command): void {
  const command = addVerb(queue, {
    usage: 'update <queue>',
    summary: 'changes settings of a queue',
    examples: [
      'queue update orders --max-retries 10 --visibility-timeout-default 2m',
      'queue update orders --no-dead-letter-queue',
    ],
  });
  addQueueSettings(command)
    .option('--no-enable-priority', 'messages are no longer ordered by priority')
    .option('--no-dead-letter-queue', 'dead letters stay in the queue')
    .option('--no-max-expired-leases', 'the number follows --max-retries again');
  runsOnServer<[string], Update>(command, async ({ client, out }, [name], given) => {
    if (Object.keys(given).length === 0) {
      throw new UsageError('no setting was given', 'See millrace queue update --help.');
    }
    const { deadLetterQueue, maxExpiredLeases, ...settings } = given;
    const record = await (await client()).queue(name).update({
      ...settings,
      deadLetterQueue: nullIfFalse(deadLetterQueue),
      maxExpiredLeases: nullIfFalse(maxExpiredLeases),
    });
    await out.record(record, () => recordLines(record));
  });
}

/** `--no-…` gives false, and the API clears a setting by null. */
const nullIfFalse = <T>(value: T | false | undefined): T | null | undefined =>
  value === false ? null : value;
