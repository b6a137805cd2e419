import type {
  AuditEntry,
  PushDelivery,
  PushSubscribeParams,
  PushSubscription,
} from '@millrace/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMay, useSession } from '../session/session.js';
import { useLiveInterval } from './live-updates.js';

const INTERVAL_MS = 5_000;

export function usePushSubscriptions(queue: string) {
  const { millrace } = useSession();
  return useQuery<readonly PushSubscription[]>({
    queryKey: ['push', queue],
    queryFn: async ({ signal }) =>
      (await millrace.queue(queue).pushSubscriptions({ signal }).page()).items,
    refetchInterval: useLiveInterval(INTERVAL_MS),
  });
}

/** The last pushes of a subscription, newest first. */
export function usePushDeliveries({ queue, subscriptionId }: PushSubscription) {
  const { millrace } = useSession();
  return useQuery<readonly PushDelivery[]>({
    queryKey: ['deliveries', queue, subscriptionId],
    queryFn: async ({ signal }) =>
      (await millrace.queue(queue).pushDeliveries(subscriptionId, { signal }).page()).items,
    refetchInterval: useLiveInterval(INTERVAL_MS),
  });
}

/** The newest entries of the audit log, among which a pause is looked for. */
const AUDIT_ENTRIES = 200;

/** When and with which key a subscription was paused, if the key may know it and the log still does. */
export function usePause({ subscriptionId, state, pausedReason, updatedAt }: PushSubscription) {
  const { millrace } = useSession();
  const mayRead = useMay('admin');
  return useQuery<AuditEntry | null>({
    // A subscription that is paused again has changed.
    queryKey: ['pause', subscriptionId, updatedAt],
    enabled: mayRead && state === 'paused' && pausedReason === 'requested',
    queryFn: async ({ signal }) => {
      const { items } = await millrace.account.audit({ limit: AUDIT_ENTRIES, signal }).page();
      const isPause = ({ action, outcome, target }: AuditEntry): boolean =>
        action === 'queue.push_pause' && outcome === 'done' && target === subscriptionId;
      return items.find(isPause) ?? null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What can be done with a subscription. */
export function usePushActions(queue: string, subscriptionId: string) {
  const { millrace } = useSession();
  const queries = useQueryClient();
  const onSettled = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['push', queue] }),
      queries.invalidateQueries({ queryKey: ['deliveries', queue, subscriptionId] }),
    ]);
  const calls = millrace.queue(queue);
  return {
    test: useMutation({ mutationFn: () => calls.pushTest(subscriptionId), onSettled }),
    pause: useMutation({ mutationFn: () => calls.pushPause(subscriptionId), onSettled }),
    resume: useMutation({ mutationFn: () => calls.pushResume(subscriptionId), onSettled }),
    unsubscribe: useMutation({
      mutationFn: () => calls.pushUnsubscribe(subscriptionId),
      onSettled,
    }),
  };
}

export function usePushSubscribe(queue: string) {
  const { millrace } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ url, ...options }: PushSubscribeParams) =>
      millrace.queue(queue).pushSubscribe(url, options),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['push', queue] }),
  });
}
