import {
  CAPABILITIES,
  type ChangePushSubscriptionParams,
  type ErrorDetail,
  LIMITS,
  type OnePushSubscriptionParams,
  type PushSubscribeParams,
  type PushSubscription,
  type PushSubscriptionsParams,
  scopeAllows,
} from '@millrace/protocol';
import type { Clock } from '../../core/clock.js';
import type { Outcome } from '../../core/commands/commands.js';
import { noRoom } from '../../core/engine/lease-within.js';
import { isServerId } from '../../core/ids.js';
import { toIso } from '../../core/iso-time.js';
import type {
  GivenPushSettings,
  PausedReason,
  PushFormat,
  PushSubscriptionRow,
  ShownSubscription,
  StoredForms,
} from '../../core/queue/push-subscription.js';
import { isOfSecret, isOfUrl, shownSubscription } from '../../core/queue/push-subscription.js';
import {
  fieldRefusal,
  isRefusal,
  queueNotFound,
  type Refusal,
  subscriptionNotFound,
} from '../../core/refusal.js';
import type { Store } from '../../core/store/store.js';
import {
  answer,
  auditedTargetOf,
  type Call,
  type PushDependencies,
  type Route,
  respond,
  toMs,
} from '../call.js';

/** The calls on push subscriptions. */

const subscribeRoute: Route = {
  capability: CAPABILITIES.pushSubscribe,
  secrets: ['secret'],
  async handle(call: Call<PushSubscribeParams>, { service, store, push }) {
    const forms = push.formsOf(call.params.url, call.params.secret);
    const refusal = await check(call, forms, store, push);
    if (refusal !== undefined) return refusal;
    const settings = settingsOf(call.params, push);
    const target = auditedTargetOf(call);
    const outcome = await service.subscribePush(target, { settings, forms }, call.caller);
    await tellOfChange(call, outcome, push);
    if (!outcome.ok) return outcome;
    const { subscription, endedSecretUntilMs, replayed } = outcome;
    const answered = answer(recordOf(subscription, push), replayed);
    return endedSecretUntilMs == null
      ? answered
      : { ...answered, warnings: [secretEnded(endedSecretUntilMs)] };
  },
};

/** The store cannot tell whether the older secret is the one that was given again. */
const secretEnded = (untilMs: number): ErrorDetail => ({
  path: '/secret',
  message: `at most two secrets sign: the secret before the previous one stops signing now, unless it is the same as the new one; it would have signed until ${toIso(untilMs)}`,
});

/** The most bytes of a record, with a url of 2,048 characters and 8 KiB of headers. */
const RECORD_MAX_BYTES = 12 * 1024;

const listRoute: Route = {
  capability: CAPABILITIES.pushSubscriptions,
  answerMaxBytes: () => LIMITS.pushSubscriptionsPerQueueMax * RECORD_MAX_BYTES,
  async handle(call: Call<PushSubscriptionsParams>, { store, push, clock }) {
    const { queue } = call.params;
    const { project, scopes } = call.caller;
    const whole = scopeAllows(scopes, ['manage']);
    const record = (row: PushSubscriptionRow): PushSubscription => {
      const shown = { ...recordOf(shownSubscription(row), push), ...breakerOf(row, push, clock) };
      return whole ? shown : { ...shown, url: withoutQuery(shown.url) };
    };
    const rows = await store.read({ kind: 'pushSubscriptions', project, queue });
    return rows === null ? queueNotFound(queue) : answer({ items: rows.map(record) });
  },
};

/** Only in lists: a change answers the same when it is repeated, and a breaker does not stay the same. */
function breakerOf(
  { project, queue, subscriptionId }: PushSubscriptionRow,
  push: PushDependencies,
  clock: Clock,
): Pick<PushSubscription, 'breaker' | 'next_probe_at'> {
  const breaker = push.breakerOf(project, queue, subscriptionId);
  if (!breaker?.isOpen) return {};
  const { probeInMs } = breaker;
  return {
    breaker: 'open',
    ...(probeInMs === undefined
      ? {}
      : { next_probe_at: toIso(clock.nowMs() + Math.ceil(probeInMs)) }),
  };
}

const unsubscribeRoute: Route = {
  capability: CAPABILITIES.pushUnsubscribe,
  async handle(call: Call<ChangePushSubscriptionParams>, { service, store, push }) {
    const { queue, subscription_id: subscriptionId } = call.params;
    if (!isServerId(subscriptionId)) {
      const isThere = await hasQueue(call, store);
      return isThere
        ? answer({ subscription_id: subscriptionId, deleted: false })
        : queueNotFound(queue);
    }
    const outcome = await service.submit(
      {
        kind: 'unsubscribePush',
        ...auditedTargetOf(call),
        subscriptionId,
      },
      call.caller,
    );
    if (outcome.ok && outcome.deleted) await tellOfChange(call, outcome, push);
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
  async handle(call: Call<ChangePushSubscriptionParams>, { service, store, push }) {
    const { queue, subscription_id: subscriptionId } = call.params;
    if (!isServerId(subscriptionId)) {
      const isThere = await hasQueue(call, store);
      return isThere ? subscriptionNotFound(queue, subscriptionId) : queueNotFound(queue);
    }
    const outcome = await service.submit(
      {
        kind: 'pausePush',
        ...auditedTargetOf(call),
        subscriptionId,
        reason,
      },
      call.caller,
    );
    await tellOfChange(call, outcome, push);
    return respond(Promise.resolve(outcome), ({ subscription }) => recordOf(subscription, push));
  },
});

const testRoute: Route = {
  capability: CAPABILITIES.pushTest,
  async handle(call: Call<OnePushSubscriptionParams>, { store, push, pushBudget }) {
    const found = await find(call, store);
    if (isRefusal(found)) return found;
    const room = pushBudget.open(call.caller.project, 'push');
    if (!room.take(TEST_BYTES)) return noRoom();
    try {
      return answer(await push.test(found));
    } finally {
      room.release();
    }
  },
};

/** The bytes reserved for a test push and its connection while it is under way. */
const TEST_BYTES = 8 * 1024;
/** The most bytes of an attempt with one of our errors. */
const ATTEMPT_MAX_BYTES = 256;

const deliveriesRoute: Route = {
  capability: CAPABILITIES.pushDeliveries,
  answerMaxBytes: () => LIMITS.pushDeliveriesKept * ATTEMPT_MAX_BYTES,
  async handle(call: Call<OnePushSubscriptionParams>, { store, push }) {
    const found = await find(call, store);
    if (isRefusal(found)) return found;
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

async function tellOfChange(
  { caller, params }: Call<{ queue: string }>,
  outcome: Outcome,
  push: PushDependencies,
): Promise<void> {
  if (outcome.ok && !outcome.replayed) {
    await push.subscriptionsChanged(caller.project, params.queue);
  }
}

/** Used for an id that no subscription can have, which is not looked up in the store. */
async function hasQueue(
  { params: { queue }, caller: { project } }: Call<ChangePushSubscriptionParams>,
  store: Store,
): Promise<boolean> {
  return (await store.read({ kind: 'getQueue', project, queue })) !== null;
}

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

async function check(
  { params, caller: { project } }: Call<PushSubscribeParams>,
  forms: StoredForms,
  store: Store,
  push: PushDependencies,
): Promise<Refusal | undefined> {
  const { queue, url, secret, headers, format, allowed_message_headers: allowed } = params;
  const refusal =
    push.checkUrl(url) ??
    (secret == null ? undefined : push.checkSecret(secret)) ??
    (allowed == null ? undefined : push.checkAllowedHeaders(allowed));
  if (refusal !== undefined) return refusal;
  const newSecretRefusal = secret == null ? undefined : push.checkNewSecret(secret);
  const isFormatOpen = format === undefined && headers != null;
  const rows =
    newSecretRefusal !== undefined || isFormatOpen
      ? await store.read({ kind: 'pushSubscriptions', project, queue })
      : null;
  const existing = rows?.find((row) => isOfUrl(row, forms));
  // A short secret that was accepted before this rule existed may be given again.
  if (existing === undefined || !isOfSecret(existing, forms)) {
    if (newSecretRefusal !== undefined) return newSecretRefusal;
  }
  // A format that is not given stays as it is.
  return headers == null
    ? undefined
    : checkHeaders(headers, format ?? existing?.format ?? 'message', push);
}

function checkHeaders(
  headers: Record<string, string>,
  format: PushFormat,
  push: PushDependencies,
): Refusal | undefined {
  const refusal = push.checkHeaders(headers, format);
  if (refusal !== undefined) return refusal;
  const bytes = Buffer.byteLength(JSON.stringify(headers));
  if (bytes <= LIMITS.headersMaxBytes) return undefined;
  return fieldRefusal('/headers', `must be at most ${LIMITS.headersMaxBytes} bytes of JSON`);
}

/** Absent settings stay as they are; null resets a setting. */
function settingsOf(params: PushSubscribeParams, push: PushDependencies): GivenPushSettings {
  const { url, secret, max_retries, visibility_timeout, dead_letter_queue, headers } = params;
  const allowed = params.allowed_message_headers;
  const cleared = { secret: null, secretDigest: null };
  return {
    ...push.sealUrl(url),
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
      : { headers: headers === null ? null : push.sealHeaders(JSON.stringify(headers)) }),
    ...(allowed === undefined ? {} : { allowedMessageHeaders: namesText(allowed ?? []) }),
  };
}

function namesText(names: readonly string[]): string | null {
  const lowerCase = new Set(names.map((name) => name.toLowerCase()));
  return lowerCase.size === 0 ? null : JSON.stringify([...lowerCase]);
}

const HIDDEN = '***';

const withoutQuery = (url: string): string => url.replace(/\?.*$/s, '');

/** Hides the values of headers, which may be credentials. */
function hideValues(headers: string): Record<string, string> {
  const names = Object.keys(JSON.parse(headers));
  return Object.fromEntries(names.map((name) => [name, HIDDEN]));
}

/** The record of a subscription. A url that no key opens is hidden. */
function recordOf(row: ShownSubscription, push: PushDependencies): PushSubscription {
  const { url, headers } = push.openTexts(row) ?? { url: HIDDEN, headers: null };
  return {
    subscription_id: row.subscriptionId,
    id: row.subscriptionId,
    queue: row.queue,
    url,
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
    ...(headers === null ? {} : { headers: hideValues(headers) }),
    ...(row.allowedMessageHeaders == null
      ? {}
      : { allowed_message_headers: JSON.parse(row.allowedMessageHeaders) }),
    created_at: toIso(row.createdAtMs),
    updated_at: toIso(row.updatedAtMs),
  };
}
