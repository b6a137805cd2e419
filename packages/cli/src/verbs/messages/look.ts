import type { MessageReturns, PeekedMessage } from '@millrace/client';
import { type Command, Option } from 'commander';
import { positiveNumber } from '../../input/option-values.js';
import { payloadCell, payloadLine } from '../../output/payload-text.js';
import { recordLines, table } from '../../output/table.js';
import { first } from '../../session/first.js';
import { addVerb, runsOnServer } from '../verb.js';

/** The verbs that show messages and leave them as they are. */
export function addLooks(program: Command): void {
  addPeek(program);
  addMessage(program);
}

interface PeekFlags {
  readonly state?: 'available' | 'delayed' | 'leased';
  readonly max: number;
}

function addPeek(program: Command): void {
  const states = ['available', 'delayed', 'leased'];
  const command = addVerb(program, {
    usage: 'peek <queue>',
    summary: 'shows the messages of a queue without leasing them',
    examples: ['peek orders', 'peek orders --state leased --max 100', 'peek orders --json'],
  })
    .addOption(new Option('--state <state>', 'only messages in this state').choices(states))
    .option('-n, --max <n>', 'the most messages', positiveNumber, 20);
  runsOnServer<[string], PeekFlags>(command, async ({ client, out }, [name], { state, max }) => {
    const queue = (await client()).queue(name);
    const messages = queue.peek({ state, limit: Math.min(max, 1_000) });
    await out.list(first(max, messages), (items) => table(COLUMNS, items.map(rowOf)));
  });
}

const COLUMNS = ['MESSAGE', 'STATE', 'DELIVERIES', 'PUBLISHED', 'PAYLOAD'];

const rowOf = ({ messageId, state, stateReason, ...message }: PeekedMessage) => [
  messageId,
  stateReason ?? state,
  message.deliveryCount,
  message.enqueuedAt,
  payloadCell(message.payload),
];

function addMessage(program: Command): void {
  const command = addVerb(program, {
    usage: 'message <queue> <message-id>',
    summary: 'shows a message with its failed deliveries',
    examples: ['message orders 01a21d99-f2d3-7000-ab11-9db7a3e58b4c'],
  });
  runsOnServer<[string, string]>(command, async ({ client, out }, [name, messageId]) => {
    const message = await (await client()).queue(name).message(messageId);
    await out.record(message, () => textOf(message));
  });
}

async function textOf({ payload, failedDeliveries, ...fields }: MessageReturns): Promise<string> {
  const failures = failedDeliveries.map(({ at, how, keyId, error }) => [at, how, keyId, error]);
  const parts = [
    await recordLines(fields),
    payloadLine(payload),
    ...(failures.length === 0 ? [] : [await table(FAILURE_COLUMNS, failures)]),
  ];
  return parts.join('\n\n');
}

const FAILURE_COLUMNS = ['FAILED', 'HOW', 'KEY', 'ERROR'];
