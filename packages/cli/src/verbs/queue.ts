import type { CreateParams, ListedQueue, QueueRecord, QueueStats } from '@millrace/client';
import type { Command } from 'commander';
import { fieldLines, table } from '../output/table.js';
import type { Session } from '../session/session.js';
import { addQueueSettings, typeOption } from './queue-settings.js';
import { addVerb, runsOnServer } from './verb.js';

export function addQueueVerbs(program: Command): void {
  const queue = program
    .command('queue')
    .description('Creates, shows, changes, empties and deletes queues.');
  addCreate(queue);
  addList(queue);
  addShow(queue);
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
    await session.out.record(record, () => `queue ${record.queue} is there`);
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
    await out.list(queues, (items) => table(QUEUE_COLUMNS, items.map(queueRow)));
  });
}

const QUEUE_COLUMNS = ['QUEUE', 'TYPE', 'AVAILABLE', 'IN FLIGHT', 'DELAYED', 'DEAD LETTERS'];

const queueRow = ({ queue, type, stats }: ListedQueue) => [
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
    examples: ['queue show orders'],
  }).alias('get');
  runsOnServer<[string]>(command, show);
}

async function show({ client, out }: Session, [name]: [string]): Promise<void> {
  const queue = (await client()).queue(name);
  const [record, stats] = await Promise.all([queue.get(), queue.stats()]);
  await out.record({ ...record, stats }, () => fieldLines(fieldsOf(record, stats)));
}

const fieldsOf = (record: QueueRecord, { queue: _, ...counts }: QueueStats) => ({
  ...record,
  ...counts,
});
