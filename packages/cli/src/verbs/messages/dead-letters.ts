import type { Queue, QueueMessage } from '@millrace/client';
import type { Command } from 'commander';
import { NotFound } from '../../errors.js';
import {
  addConfirmationOptions,
  type ConfirmationOptions,
  confirmed,
} from '../../input/confirmed.js';
import { positiveNumber, timeOrAge } from '../../input/option-values.js';
import { counted } from '../../output/counted.js';
import { payloadCell } from '../../output/payload-text.js';
import { table } from '../../output/table.js';
import { first } from '../../session/first.js';
import { addVerb, runsOnServer } from '../verb.js';

export function addDeadLetterVerbs(dlq: Command): void {
  addList(dlq);
  addRedrive(dlq);
  addPurge(dlq);
}

function addList(dlq: Command): void {
  const command = addVerb(dlq, {
    usage: 'list <queue>',
    summary: 'lists the dead letters that came from a queue',
    examples: ['dlq list orders', 'dlq list orders --max 1000 --json'],
  }).option('-n, --max <n>', 'the most dead letters', positiveNumber, 20);
  runsOnServer<[string], { readonly max: number }>(
    command,
    async ({ client, out }, [name], { max }) => {
      const letters = (await client()).queue(name).dlq.list({ limit: Math.min(max, 1_000) });
      await out.list(first(max, letters), (items) => table(COLUMNS, items.map(rowOf)));
    },
  );
}

const COLUMNS = ['MESSAGE', 'DEAD SINCE', 'REASON', 'KEPT IN', 'LAST ERROR', 'PAYLOAD'];

const rowOf = (letter: QueueMessage) => [
  letter.messageId,
  letter.deadLetteredAt,
  letter.deadLetterReason,
  letter.queue,
  letter.lastError,
  payloadCell(letter.payload, 40),
];

interface RedriveFlags extends ConfirmationOptions {
  readonly message?: string;
  readonly since?: string;
  readonly max?: number;
}

function addRedrive(dlq: Command): void {
  const command = addVerb(dlq, {
    usage: 'redrive <queue>',
    summary: 'sends dead letters back to the queue that they came from',
    details: 'Their retries begin anew. Without --message and --since it sends all of them.',
    examples: [
      'dlq redrive orders --dry-run',
      'dlq redrive orders --since 1h --max 1000 --yes',
      'dlq redrive orders --message 01a21d99-f2d3-7000-ab11-9db7a3e58b4c --yes',
    ],
  })
    .option('--message <id>', 'only this one')
    .option(
      '--since <time>',
      'only those dead since a time, or for less than a duration',
      timeOrAge,
    )
    .option('--max <n>', 'the most dead letters', positiveNumber);
  addConfirmationOptions(command);
  runsOnServer<[string], RedriveFlags>(command, async (session, [name], flags) => {
    const { message, since, max, ...confirmation } = flags;
    const queue = (await session.client()).queue(name);
    const { dlq: all } = await queue.stats();
    if (message !== undefined && confirmation.dryRun) await mustHaveLetter(queue, message);
    const affected = Math.min(all, message === undefined ? (max ?? all) : 1);
    const description = `send ${which(affected, message, since)} back to the queue ${name}`;
    const effect = { action: 'queue.dlq.redrive', target: name, affected, description };
    if (!(await confirmed(session, effect, confirmation))) return;
    const settings = { messageId: message, since, maxMessages: max };
    const result = await queue.dlq.redrive(settings);
    if (message !== undefined && result.redriven === 0) throw noLetter(name, message);
    await session.out.record(result, () => `${counted(result.redriven, 'dead letter')} sent back`);
  });
}

interface PurgeFlags extends ConfirmationOptions {
  readonly message?: string;
}

function addPurge(dlq: Command): void {
  const command = addVerb(dlq, {
    usage: 'purge <queue>',
    summary: 'removes dead letters that came from a queue',
    examples: ['dlq purge orders --dry-run', 'dlq purge orders --yes'],
  }).option('--message <id>', 'only this one');
  addConfirmationOptions(command);
  runsOnServer<[string], PurgeFlags>(command, async (session, [name], { message, ...flags }) => {
    const queue = (await session.client()).queue(name);
    const { dlq: all } = await queue.stats();
    if (message !== undefined && flags.dryRun) await mustHaveLetter(queue, message);
    const affected = message === undefined ? all : Math.min(all, 1);
    const description = `remove ${which(affected, message)} of the queue ${name}`;
    const effect = { action: 'queue.dlq.purge', target: name, affected, description };
    if (!(await confirmed(session, effect, flags))) return;
    const result = await queue.dlq.purge({ messageId: message });
    if (message !== undefined && result.purged === 0) throw noLetter(name, message);
    await session.out.record(result, () => `${counted(result.purged, 'dead letter')} removed`);
  });
}

function which(count: number, message?: string, since?: string): string {
  if (message !== undefined) return `the dead letter ${message}`;
  // The counts of a queue do not say how many of them are that young.
  if (since !== undefined) return `the dead letters since ${since}, at most ${count},`;
  return counted(count, 'dead letter');
}

/** Walks the list, because no call looks up a dead letter by the queue that it came from. */
async function mustHaveLetter(queue: Queue, messageId: string): Promise<void> {
  for await (const letter of queue.dlq.list({ limit: 1_000 })) {
    if (letter.messageId === messageId) return;
  }
  throw noLetter(queue.name, messageId);
}

const noLetter = (queue: string, messageId: string): NotFound =>
  new NotFound(
    `the queue ${queue} has no dead letter ${messageId}`,
    `See which there are: millrace dlq list ${queue}`,
  );
