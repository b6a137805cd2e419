import type { Queue } from '@millrace/client';
import type { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { duration, positiveNumber } from '../../input/option-values.js';
import type { Session } from '../../session/session.js';
import { addVerb, runsOnServer } from '../verb.js';
import type { ConsumeFlags } from './consumption.js';

export function addConsume(program: Command): void {
  const command = addVerb(program, {
    usage: 'consume <queue>',
    summary: 'leases messages and prints them',
    details:
      'Without --ack a message stays leased until its visibility timeout has passed; "millrace ack" and ' +
      '"millrace nack" settle it by its receipt. With --ack it is removed once it has been handed to the ' +
      'output: a reader of a pipe that ends early, as head does, loses what the pipe held. Ctrl-C returns ' +
      'what is leased, without counting a failure.',
    examples: [
      'consume orders',
      'consume orders --max 100 --wait 30s --ack',
      'consume orders --follow --ack --payload | ./import-orders',
    ],
  })
    .option('-n, --max <n>', 'the most messages (1; with --follow no limit)', positiveNumber)
    .option('-w, --wait <duration>', 'how long to wait for the first message (0s)', duration)
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--ack', 'remove each message once it is handed to the output')
    .option('--visibility-timeout <duration>', "the lease; else the queue's", duration)
    .option('--payload', 'print payloads only, one in each line');
  runsOnServer<[string], ConsumeFlags>(command, consume);
}

async function consume(session: Session, [name]: [string], flags: ConsumeFlags): Promise<void> {
  if (flags.follow && flags.wait !== undefined) {
    throw new UsageError('--follow waits for messages by itself; leave out --wait');
  }
  const client = await (flags.follow ? session.patientClient() : session.client());
  const { Consumption } = await import('./consumption.js');
  const queue = client.queue(name) as Queue;
  const count = await new Consumption(session, queue, flags).run();
  if (count === 0 && session.out.isWatched && !session.out.isJson) {
    session.out.note('there is no message that can be delivered');
  }
}
