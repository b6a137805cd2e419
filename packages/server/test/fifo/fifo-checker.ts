import { callsOf, inversions, type Run } from './group-order.js';
import { brokenDelays, doubleLeases, receiptsThatOutlived, starvedGroups } from './group-waits.js';
import { livesOf } from './message-lives.js';
import type { Observation, QueueRules } from './observations.js';

/**
 * Checks FIFO queues only by what their clients saw. The checker knows the promises of the contract and
 * nothing of the server, and decides every doubt in favour of the server.
 */
export function brokenPromises(
  observations: readonly Observation[],
  rules: Readonly<Record<string, QueueRules>>,
  { oneByOne }: { readonly oneByOne: boolean },
): string[] {
  const run: Run = { observations, messages: livesOf(observations), rules, oneByOne };
  return [
    ...inversions(run),
    ...brokenDelays(run),
    ...doubleLeases(run),
    ...receiptsThatOutlived(run),
    ...starvedGroups(run),
    ...deadInnocents(run),
    ...left(run),
  ];
}

/** A message in a batch with poison, or held too long behind it, must not become a dead letter. */
function deadInnocents(run: Run): string[] {
  const seen = callsOf(run, 'deadLetters').filter(({ queue }) => run.rules[queue]?.sparesInnocents);
  const ids = new Set(seen.flatMap(({ messageIds }) => messageIds));
  return [...ids]
    .filter((messageId) => run.messages.get(messageId)?.poison !== true)
    .map((messageId) => `${messageId} is a dead letter, although no consumer failed on it`);
}

/** In the end everything is consumed: no message is stuck, and none was lost. */
function left(run: Run): string[] {
  const looks = callsOf(run, 'leftover');
  const stuck = looks
    .filter(({ messages }) => messages > 0)
    .map(({ queue, messages }) => `${messages} messages are stuck in ${queue}`);
  const lastDead = new Map(
    callsOf(run, 'deadLetters').map(({ queue, messageIds }) => [queue, new Set(messageIds)]),
  );
  const ended = new Set(looks.map(({ queue }) => queue));
  const lost = [...run.messages.values()]
    .filter(({ queue }) => ended.has(queue))
    .filter(({ lives }) => lives.at(-1)?.mayEndAtTick === Number.POSITIVE_INFINITY)
    .filter(({ queue, messageId }) => lastDead.get(queue)?.has(messageId) !== true)
    .map(({ messageId, queue }) => `${messageId} was not settled and is not in ${queue}`);
  return stuck.length > 0 ? stuck : lost;
}
