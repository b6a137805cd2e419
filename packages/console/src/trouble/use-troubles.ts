import { useQuery } from '@tanstack/react-query';
import { useLiveInterval } from '../api/live-updates.js';
import { useSession } from '../session/session.js';
import { pushHealth } from './push-health.js';
import type { Trouble } from './trouble.js';

/** Somebody with more subscriptions finds the others on the page of the queue. */
const SUBSCRIPTIONS_JUDGED = 5;
const INTERVAL_MS = 15_000;

interface Judged {
  readonly queue: string;
  readonly troubles: readonly Trouble[];
}

/**
 * The troubles of a queue, where a receiver of pushes that fails takes the place of missing consumers.
 * Only queues whose messages are not worked off are looked into, because that takes calls of its own.
 */
export function useTroubles({ queue, troubles }: Judged): readonly Trouble[] {
  const isSuspect = troubles.some(({ about }) => about === 'consumers');
  const receiver = useReceiverTrouble(queue, isSuspect);
  if (!isSuspect || receiver == null) return troubles;
  return [receiver, ...troubles.filter(({ about }) => about !== 'consumers')];
}

function useReceiverTrouble(queue: string, isSuspect: boolean): Trouble | null | undefined {
  const { millrace } = useSession();
  const calls = millrace.queue(queue);
  const { data } = useQuery({
    queryKey: ['receiver-trouble', queue],
    enabled: isSuspect,
    queryFn: async ({ signal }): Promise<Trouble | null> => {
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
    },
    refetchInterval: useLiveInterval(INTERVAL_MS),
  });
  return data;
}

const troubleOf = (url: string, label: string, explanation: string): Trouble => ({
  severity: 'critical',
  about: 'receiver',
  topic: 'receiver',
  label,
  explanation: `Messages are pushed to ${new URL(url).host}. ${explanation}`,
  nextStep: 'Look at the pushes.',
  tab: 'push',
});
