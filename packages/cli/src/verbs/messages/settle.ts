import { MillraceError, type Queue } from '@millrace/client';
import { Argument, type Command } from 'commander';
import { CliError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import { duration } from '../../input/option-values.js';
import { addVerb, runsOnServer } from '../verb.js';

const RECEIPT = '--receipt <receipt>';
const RECEIPT_HELP = 'the delivery that is meant; else whichever there is';

/** The verbs that settle a message which `consume` has leased. */
export function addSettling(program: Command): void {
  addAck(program);
  addNack(program);
  addExtend(program);
}

function addAck(program: Command): void {
  const command = addVerb(program, {
    usage: 'ack <queue> <message-id>',
    summary: 'removes a message whose work is done',
    examples: ['ack orders 01a21d99-f2d3-7000-ab11-9db7a3e58b4c --receipt 5f0c…'],
  }).option(RECEIPT, RECEIPT_HELP);
  runsOnServer<[string, string], { readonly receipt?: string }>(
    command,
    async ({ client, out }, [name, messageId], { receipt }) => {
      const queue = (await client()).queue(name);
      const result = await queue.ack({ messageId, receipt });
      await out.record(result, () =>
        result.acked ? `${messageId} is removed` : `${messageId} was not there any more`,
      );
    },
  );
}

interface NackFlags {
  readonly receipt?: string;
  readonly delay?: number;
  readonly error?: string;
  readonly requeue: boolean;
}

function addNack(program: Command): void {
  const command = addVerb(program, {
    usage: 'nack <queue> <message-id>',
    summary: 'returns a message whose work has failed',
    details: 'It is delivered again, or becomes a dead letter when its retries are used up.',
    examples: [
      'nack orders 01a21d99-f2d3-7000-ab11-9db7a3e58b4c --delay 5m --error "no stock"',
      'nack orders 01a21d99-f2d3-7000-ab11-9db7a3e58b4c --no-requeue',
    ],
  })
    .option(RECEIPT, RECEIPT_HELP)
    .option('--delay <duration>', 'how long until it is delivered again', duration)
    .option('--error <text>', 'what went wrong; kept as last_error')
    .option('--no-requeue', 'make it a dead letter at once');
  runsOnServer<[string, string], NackFlags>(
    command,
    async ({ client, out }, [name, messageId], { receipt, delay, error, requeue }) => {
      const settings = { delaySeconds: delay, error, requeue };
      const queue = (await client()).queue(name);
      const result = await queue.nack({ messageId, receipt }, settings);
      if (!result.nacked) throw await notLeased(queue, messageId);
      await out.record(result, () =>
        result.requeued ? `${messageId} will be delivered again` : `${messageId} is a dead letter`,
      );
    },
  );
}

function addExtend(program: Command): void {
  const command = addVerb(program, {
    usage: 'extend <queue> <message-id>',
    summary: 'sets the end of a lease, from now',
    details: '0s returns the message at once, without counting a failure.',
    examples: ['extend orders 01a21d99-f2d3-7000-ab11-9db7a3e58b4c 10m'],
  })
    .addArgument(new Argument('<duration>').argParser(duration))
    .option(RECEIPT, RECEIPT_HELP);
  runsOnServer<[string, string, number], { readonly receipt?: string }>(
    command,
    async ({ client, out }, [name, messageId, seconds], { receipt }) => {
      const queue = (await client()).queue(name);
      const result = await queue.extend({ messageId, receipt }, seconds);
      if (!result.extended) throw await notLeased(queue, messageId);
      await out.record(result, () =>
        seconds === 0
          ? `${messageId} is returned`
          : `${messageId} is leased until ${result.leaseExpiresAt}`,
      );
    },
  );
}

/** Nothing was done, because there was no lease: of a message that is there, or of none. */
async function notLeased(queue: Queue, messageId: string): Promise<unknown> {
  try {
    await queue.message(messageId);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MESSAGE_NOT_FOUND') return error;
    // The key may not be allowed to look.
  }
  return new CliError(
    `${messageId} is not leased`,
    `See where it is: millrace message ${queue.name} ${messageId}`,
    EXIT.conflict,
  );
}
