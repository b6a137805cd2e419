import {
  CAPABILITIES,
  type ChangePushSubscriptionParams,
  LIMITS,
  type OnePushSubscriptionParams,
  type PushSubscribeParams,
  type PushSubscription,
  type PushSubscriptionsParams,
} from '@millrace/protocol';
import { toIso } from '../../core/iso-time.js';
import type {
  GivenPushSettings,
  PausedReason,
  PushFormat,
  PushSubscriptionRow,
  ShownSubscription,
} from '../../core/push-subscription.js';
import { shownSubscription } from '../../core/push-subscription.js';
import {
  fieldRefusal,
  queueNotFound,
  type Refusal,
  subscriptionNotFound,
} from '../../core/refusal.js';
import type { Store } from '../../core/store.js';
import {
  answer,
  auditedTargetOf,
  type Call,
  type PushParts,
  type Route,
  respond,
  toMs,
} from '../call.js';

/** The calls of push subscriptions. */

const subscribeRoute: Route = {
  capability: CAPABILITIES.pushSubscribe,
  secrets: ['secret'],
  async handle(call: Call<PushSubscribeParams>, { service, store, ids, push }) {
    const refusal = judge(call.params, await formatOf(call, store), push);
    if (refusal !== undefined) return refusal;
    const outcome = await service.submit(
      {
        kind: 'subscribePush',
        ...auditedTargetOf(call),
        subscriptionId: ids.uuid(),
        settings: settingsOf(call.params, push),
      },
      call.caller,
    );
    if (outcome.ok) await push.subscriptionsChanged();
    return respond(Promise.resolve(outcome), ({ subscription }) => recordOf(subscription));
  },
};

/** A record with a url of 2,048 characters and 8 KiB of headers. */
const RECORD_MAX_BYTES = 12 * 1024;

const listRoute: Route = {
  capability: CAPABILITIES.pushSubscriptions,
  answerMaxBytes: () => LIMITS.pushSubscriptionsPerQueueMax * RECORD_MAX_BYTES,
  async handle({ params: { queue }, caller }: Call<PushSubscriptionsParams>, { store }) {
    const { project } = caller;
    const rows = await store.read({ kind: 'pushSubscriptions', project, queue });
    return rows === null
      ? queueNotFound(queue)
      : answer({ items: rows.map((row) => recordOf(shownSubscription(row))) });
  },
};

const unsubscribeRoute: Route = {
  capability: CAPABILITIES.pushUnsubscribe,
  async handle(call: Call<ChangePushSubscriptionParams>, { service, push }) {
    const { subscription_id: subscriptionId } = call.params;
    const outcome = await service.submit(
      {
        kind: 'unsubscribePush',
        ...auditedTargetOf(call),
        subscriptionId,
      },
      call.caller,
    );
    if (outcome.ok) await push.subscriptionsChanged();
    return respond(Promise.resolve(outcome), ({ deleted }) => ({
      subscription_id: subscriptionId,
      deleted,
    }));
  },
};

const pauseRoute = (
  capability: typeof CAPABILITIES.pushPause | typeof CAPABILITIES.pushResume,
  reason: PausedReason | null,
): Route => ({
  capability,
  async handle(call: Call<ChangePushSubscriptionParams>, { service, push }) {
    const { subscription_id: subscriptionId } = call.params;
    const outcome = await service.submit(
      {
        kind: 'pausePush',
        ...auditedTargetOf(call),
        subscriptionId,
        reason,
      },
      call.caller,
    );
    if (outcome.ok) await push.subscriptionsChanged();
    return respond(Promise.resolve(outcome), ({ subscription }) => recordOf(subscription));
  },
});

const testRoute: Route = {
  capability: CAPABILITIES.pushTest,
  async handle(call: Call<OnePushSubscriptionParams>, { store, push }) {
    const found = await find(call, store);
    return 'ok' in found ? found : answer(await push.test(found));
  },
};

/** An attempt with an error of ours. */
const ATTEMPT_MAX_BYTES = 256;

const deliveriesRoute: Route = {
  capability: CAPABILITIES.pushDeliveries,
  answerMaxBytes: () => LIMITS.pushDeliveriesKept * ATTEMPT_MAX_BYTES,
  async handle(call: Call<OnePushSubscriptionParams>, { store, push }) {
    const found = await find(call, store);
    if ('ok' in found) return found;
    const { subscriptionId } = found;
    await push.flushAttempts(subscriptionId);
    const limit = LIMITS.pushDeliveriesKept;
    const attempts = await store.read({ kind: 'pushAttempts', subscriptionId, limit });
    const items = attempts.map(({ atMs, messageId, attempt, status, durationMs, error }) => ({
      at: toIso(atMs),
      message_id: messageId,
      attempt,
      ...(status === null ? {} : { status }),
      duration_ms: durationMs,
      ...(error === null ? {} : { error }),
    }));
    return answer({ items });
  },
};

export const PUSH_ROUTES: readonly Route[] = [
  subscribeRoute,
  listRoute,
  unsubscribeRoute,
  pauseRoute(CAPABILITIES.pushPause, 'requested'),
  pauseRoute(CAPABILITIES.pushResume, null),
  testRoute,
  deliveriesRoute,
];

async function find(
  { params, caller }: Call<OnePushSubscriptionParams>,
  store: Store,
): Promise<PushSubscriptionRow | Refusal> {
  const { queue, subscription_id: id } = params;
  const rows = await store.read({ kind: 'pushSubscriptions', project: caller.project, queue });
  if (rows === null) return queueNotFound(queue);
  return (
    rows.find(({ subscriptionId }) => subscriptionId === id) ?? subscriptionNotFound(queue, id)
  );
}

/** The format that headers are for: what is left out stays as it is. */
async function formatOf(
  { params, caller: { project } }: Call<PushSubscribeParams>,
  store: Store,
): Promise<PushFormat> {
  const { queue, url, format, headers } = params;
  if (format !== undefined || headers == null) return format ?? 'message';
  const rows = await store.read({ kind: 'pushSubscriptions', project, queue });
  return rows?.find((row) => row.url === url)?.format ?? 'message';
}

function judge(
  params: PushSubscribeParams,
  format: PushFormat,
  push: PushParts,
): Refusal | undefined {
  const { url, secret, headers } = params;
  const refusal =
    push.judgeUrl(url) ??
    (secret == null ? undefined : push.judgeSecret(secret)) ??
    (headers == null ? undefined : push.judgeHeaders(headers, format));
  if (refusal !== undefined || headers == null) return refusal;
  const bytes = Buffer.byteLength(JSON.stringify(headers));
  if (bytes <= LIMITS.headersMaxBytes) return undefined;
  return fieldRefusal('/headers', `must be at most ${LIMITS.headersMaxBytes} bytes of JSON`);
}

/** What is absent stays as it is; null clears. */
function settingsOf(params: PushSubscribeParams, push: PushParts): GivenPushSettings {
  const { url, secret, max_retries, visibility_timeout, dead_letter_queue, headers } = params;
  const cleared = { secret: null, secretDigest: null };
  return {
    url,
    ...(secret === undefined ? {} : secret === null ? cleared : push.sealSecret(secret)),
    ...(max_retries === undefined ? {} : { maxRetries: max_retries }),
    ...(visibility_timeout === undefined
      ? {}
      : { visibilityTimeoutMs: visibility_timeout === null ? null : toMs(visibility_timeout) }),
    ...(dead_letter_queue === undefined ? {} : { deadLetterQueue: dead_letter_queue }),
    ...(params.format === undefined ? {} : { format: params.format ?? 'message' }),
    ...(params.max_in_flight === undefined
      ? {}
      : { maxInFlight: params.max_in_flight ?? LIMITS.pushInFlightDefault }),
    ...(headers === undefined
      ? {}
      : { headers: headers === null ? null : JSON.stringify(headers) }),
  };
}

function recordOf(row: ShownSubscription): PushSubscription {
  return {
    subscription_id: row.subscriptionId,
    queue: row.queue,
    url: row.url,
    state: row.state,
    ...(row.pausedReason === null ? {} : { paused_reason: row.pausedReason }),
    signed: row.signed,
    ...(row.maxRetries === null ? {} : { max_retries: row.maxRetries }),
    ...(row.visibilityTimeoutMs === null
      ? {}
      : { visibility_timeout: row.visibilityTimeoutMs / 1_000 }),
    ...(row.deadLetterQueue === null ? {} : { dead_letter_queue: row.deadLetterQueue }),
    format: row.format,
    max_in_flight: row.maxInFlight,
    ...(row.headers === null ? {} : { headers: JSON.parse(row.headers) }),
    created_at: toIso(row.createdAtMs),
    updated_at: toIso(row.updatedAtMs),
  };
}
