import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { PublishOptions, Queue } from '@millrace/client';
import type { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { duration, header, positiveNumber, wholeNumber } from '../../input/option-values.js';
import type { Session } from '../../session/session.js';
import { addVerb, runsOnServer } from '../verb.js';

interface PublishFlags {
  readonly file?: string;
  readonly text?: true;
  readonly delay?: number;
  readonly priority?: number;
  readonly group?: string;
  readonly deduplicationId?: string;
  readonly header?: Record<string, string>;
  readonly idempotencyKey?: string;
  readonly rate?: number;
}

export function addPublish(program: Command): void {
  const command = addVerb(program, {
    usage: 'publish <queue> [payload]',
    summary: 'publishes a message, or a message for each line of the standard input',
    details:
      'A payload is JSON and is stored byte for byte. Without a payload and without --file, each line ' +
      'that is not blank is one; lines are published in batches and keep their order. The first line ' +
      'that is no JSON ends the run, and what came before it is stored. A line that the server refuses ' +
      'ends the run too, but lines that were already on their way are stored, also in a fifo queue: the ' +
      'error names the lines that are missing, with --json in lines.refused, lines.unknown (the answer ' +
      'was lost) and lines.not_tried_from.',
    examples: [
      `publish orders '{"order_id":"o_123"}'`,
      `publish orders 'hello' --text --delay 10m`,
      'publish orders --file order.json --header source=import',
      'publish orders --rate 100 < orders.jsonl',
    ],
  })
    .option('-f, --file <path>', 'a file with one payload; - is the standard input')
    .option('--text', 'the payload is a text and is sent as a JSON string')
    .option('--delay <duration>', 'how long until it can be delivered', duration)
    .option('--priority <n>', '0 to 9, in a queue with priorities', wholeNumber)
    .option('--group <id>', 'the message group, in a fifo queue')
    .option(
      '--deduplication-id <id>',
      'suppresses another publish with it, in a fifo queue; for one message',
    )
    .option('--header <name=value>', 'a header; may be repeated', header)
    .option('--idempotency-key <key>', 'makes repeating this command safe; for one message')
    .option('--rate <n>', 'lines per second at most', positiveNumber);
  runsOnServer<[string, string | undefined], PublishFlags>(command, publish);
}

async function publish(
  session: Session,
  [name, argument]: [string, string | undefined],
  flags: PublishFlags,
): Promise<void> {
  const text = await textOf(argument, flags.file);
  if (text === undefined) {
    refuseForLines(flags);
    const queue = (await session.fastClient()).queue(name);
    const { publishLines } = await import('./publish-lines.js');
    return publishLines(session, queue, messageOptions(flags), flags);
  }
  if (flags.rate !== undefined) throw new UsageError('--rate is for lines of the standard input');
  const { payloadOf } = await import('../../input/json-input.js');
  const payload = payloadOf(text, flags.file ?? 'the payload', flags.text);
  const queue: Queue = (await session.client()).queue(name);
  const { idempotencyKey } = flags;
  const options: PublishOptions = { ...messageOptions(flags), idempotencyKey };
  const stored = await queue.publish(payload, options);
  await session.out.record(stored, () => stored.messageId);
}

/** Every line would have the same value, so that all lines but the first were dropped or refused. */
function refuseForLines({ deduplicationId, idempotencyKey }: PublishFlags): void {
  const given = { '--deduplication-id': deduplicationId, '--idempotency-key': idempotencyKey };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return;
  throw new UsageError(
    `${option} is for one message, not for lines of the standard input`,
    'Give the payload as an argument or with --file, or leave the option out.',
  );
}

const messageOptions = ({ delay, priority, group, deduplicationId, header }: PublishFlags) => ({
  delaySeconds: delay,
  priority,
  messageGroupId: group,
  deduplicationId,
  headers: header,
});

/** The text of the only payload; undefined if the lines of the standard input are the payloads. */
async function textOf(
  argument: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  if (argument !== undefined && file !== undefined) {
    throw new UsageError('there are two payloads: an argument and --file');
  }
  if (argument !== undefined) return argument;
  if (file !== undefined) return contentOf(file);
  if (!process.stdin.isTTY) return undefined;
  throw new UsageError(
    'there is no payload',
    'Give it as an argument or with --file, or one on each line of the standard input.',
  );
}

async function contentOf(file: string): Promise<string> {
  try {
    // A synchronous read of the standard input fails where it is a pipe without data so far.
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
