import type { Command } from 'commander';
import {
  addConfirmationOptions,
  type ConfirmationOptions,
  confirmed,
} from '../../input/confirmed.js';
import { counted } from '../../output/counted.js';
import { addVerb, runsOnServer } from '../verb.js';

export function addQueueRemoval(queue: Command): void {
  addPurge(queue);
  addDelete(queue);
}

function addPurge(queue: Command): void {
  const command = addVerb(queue, {
    usage: 'purge <queue>',
    summary: 'removes all messages of a queue',
    details: 'Leased and delayed messages are removed too, dead letters are not.',
    examples: ['queue purge orders --dry-run', 'queue purge orders --yes'],
  });
  addConfirmationOptions(command);
  runsOnServer<[string], ConfirmationOptions>(command, async (session, [name], options) => {
    const queue = (await session.client()).queue(name);
    const { available, inFlight, delayed } = await queue.stats();
    const affected = available + inFlight + delayed;
    const description = `remove ${counted(affected, 'message')} of the queue ${name}`;
    const effect = { action: 'queue.purge', target: name, affected, description };
    if (!(await confirmed(session, effect, options))) return;
    const result = await queue.purge();
    await session.out.record(result, () => `${counted(result.purged, 'message')} removed`);
  });
}

function addDelete(queue: Command): void {
  const command = addVerb(queue, {
    usage: 'delete <queue>',
    summary: 'deletes a queue with its messages, dead letters and subscriptions',
    examples: ['queue delete orders --dry-run', 'queue delete orders --yes'],
  });
  addConfirmationOptions(command);
  runsOnServer<[string], ConfirmationOptions>(command, async (session, [name], options) => {
    const queue = (await session.client()).queue(name);
    const { available, inFlight, delayed } = await queue.stats();
    const affected = available + inFlight + delayed;
    const description = `delete the queue ${name} with its ${counted(affected, 'message')} and the dead letters that it keeps`;
    const effect = { action: 'queue.delete', target: name, affected, description };
    if (!(await confirmed(session, effect, options))) return;
    const result = await queue.delete();
    await session.out.record(result, () =>
      result.deleted ? `the queue ${name} is deleted` : `there was no queue ${name}`,
    );
  });
}
