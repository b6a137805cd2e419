import type { Millrace } from '@millrace/client';
import { pushHealth } from './push-health.js';
import type { Trouble } from './trouble.js';

/** Somebody with more subscriptions finds the others on the page of the queue. */
const SUBSCRIPTIONS_JUDGED = 5;

const FAILING_INTERVAL_MS = 15_000;
const WELL_INTERVAL_MS = 60_000;

/** A receiver that fails is looked at often, to see when it recovers; most queues have none. */
export const receiverIntervalMs = (found: Trouble | null): number =>
  found === null ? WELL_INTERVAL_MS : FAILING_INTERVAL_MS;

/** What is wrong with the receivers of a queue's pushes; null if there is nothing, or no receiver. */
export async function readReceiverTrouble(
  millrace: Millrace,
  queue: string,
  signal?: AbortSignal,
): Promise<Trouble | null> {
  const calls = millrace.queue(queue);
  const { items } = await calls.pushSubscriptions({ signal }).page();
  for (const subscription of items.slice(0, SUBSCRIPTIONS_JUDGED)) {
    const { subscriptionId, url } = subscription;
    const pushes = await calls.pushDeliveries(subscriptionId, { signal }).page();
    const health = pushHealth(subscription, pushes.items);
    if (health.state === 'failing' || health.state === 'paused') {
      return troubleOf(url, health.label, health.explanation);
    }
  }
  return null;
}

const troubleOf = (url: string, label: string, explanation: string): Trouble => ({
  severity: 'critical',
  about: 'receiver',
  topic: 'receiver',
  label,
  explanation: `The receiver of pushes is ${new URL(url).host}. ${explanation}`,
  nextStep: 'Look at the pushes.',
  tab: 'push',
});
