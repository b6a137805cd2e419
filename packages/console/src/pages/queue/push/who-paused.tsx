import { Text } from '@mantine/core';
import type { AuditEntry, PushSubscription, WhoamiReturns } from '@millrace/client';
import { usePause } from '../../../api/push.js';
import { formatRelative, formatTime } from '../../../design/format.js';
import { useMay, useSession } from '../../../session/session.js';

/** Who paused a subscription, as far as the key that looks may know. */
export function WhoPaused({ subscription }: { readonly subscription: PushSubscription }) {
  const { identity } = useSession();
  const mayKnow = useMay('admin');
  const pause = usePause(subscription);
  const { state, pausedReason, updatedAt } = subscription;
  if (state !== 'paused' || pausedReason === 'gone') return null;
  if (mayKnow && pause.isPending) return null;
  const title = formatTime(pause.data?.at ?? updatedAt);
  return (
    <Text size="sm" mt={2} title={title}>
      {pause.data ? pausedInWords(pause.data, identity) : unknownInWords(updatedAt, mayKnow)}
    </Text>
  );
}

function pausedInWords({ at, keyId, address }: AuditEntry, identity: WhoamiReturns): string {
  const key =
    keyId === 'configured' ? 'the key in MILLRACE_API_KEY' : `the key ${keyId ?? 'unknown'}`;
  const own = keyId === identity.keyId ? ', which is yours' : '';
  return `Paused ${formatRelative(at)} with ${key}${own}, from ${address}.`;
}

function unknownInWords(updatedAt: string, mayKnow: boolean): string {
  const since = `Last changed ${formatRelative(updatedAt)}.`;
  return mayKnow
    ? `${since} The audit log no longer has who paused it.`
    : `${since} A key with the scope admin sees who paused it.`;
}
