import type { Command } from 'commander';
import { Interrupted } from '../../errors.js';
import { pause } from '../../input/option-values.js';
import { addVerb, runsOnServer } from '../verb.js';

interface TailFlags {
  readonly fromStart?: true;
  readonly interval: number;
  readonly payload?: true;
}

/** So that it does not load the server. */
const MIN_INTERVAL_SECONDS = 0.1;

export function addTail(program: Command): void {
  const command = addVerb(program, {
    usage: 'tail <queue>',
    summary: 'prints the messages that come into a queue, until Ctrl-C',
    details:
      'It only looks, and takes no message from a consumer. It looks again after each --interval, so a ' +
      'message that came and was removed in between is not shown. To see every message, give them a ' +
      'queue of their own and consume it.',
    examples: ['tail orders', 'tail orders --from-start --json'],
  })
    .option('--from-start', 'also print the messages that are there already')
    .option('--interval <duration>', 'the time between two looks, up to 1d', pause, 1)
    .option('--payload', 'print payloads only, one in each line');
  runsOnServer<[string], TailFlags>(command, async (session, [name], flags) => {
    const { newMessages } = await import('./new-messages.js');
    const { printMessage } = await import('./print-message.js');
    const queue = (await session.patientClient()).queue(name);
    const intervalMs = Math.max(MIN_INTERVAL_SECONDS, flags.interval) * 1_000;
    const options = { intervalMs, fromStart: flags.fromStart === true };
    try {
      for await (const message of newMessages(queue, options, session.interrupted)) {
        await printMessage(session.out, message, flags.payload);
      }
    } catch (error) {
      // It can only end so, and that is no failure.
      if (!(error instanceof Interrupted)) throw error;
    }
  });
}
