import { LIMITS } from '@millrace/protocol/limits';
import { fieldRefusal, type Refusal, subscriptionNotFound } from '../refusal.js';
import type { QueueEntry, QueueSettings } from './queue-entry.js';
import { checkDeadLetterQueue, type ReachableFrom } from './queue-settings.js';

/**
 * Settings for pushing a queue's messages to a url. Null stands for the queue's setting or the default.
 */
export interface PushSettings {
  /**
   * The url, the secrets and the headers are sealed, or plain where the server has no key for sealing.
   */
  readonly url: string;
  /** Finds the subscription of a url that is sealed; otherwise null. */
  readonly urlDigest: string | null;
  readonly secret: string | null;
  /** Shows whether a given secret differs from the stored one. */
  readonly secretDigest: string | null;
  readonly maxRetries: number | null;
  readonly visibilityTimeoutMs: number | null;
  /** The name of the queue. */
  readonly deadLetterQueue: string | null;
  readonly format: PushFormat;
  readonly maxInFlight: number;
  /** A JSON object of strings, or null. */
  readonly headers: string | null;
  /** A JSON array of names: message headers that are sent although they might contain credentials. */
  readonly allowedMessageHeaders: string | null;
}

export type PushFormat = 'message' | 'payload';
export type PushState = 'active' | 'paused';
export type PausedReason = 'requested' | 'gone';

export interface PushSubscriptionRow extends PushSettings {
  readonly subscriptionId: string;
  readonly project: string;
  readonly queue: string;
  readonly queueType: QueueSettings['type'];
  readonly state: PushState;
  readonly pausedReason: PausedReason | null;
  /** Also signs until then, so that a receiver can change over. */
  readonly previousSecret: string | null;
  readonly previousSecretUntilMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Higher with each change, also on many nodes; a change may become visible late. */
  readonly changedSeq: number;
}

/** A subscription with what the store keeps in addition. */
export interface PushSubscriptionEntry extends PushSubscriptionRow {
  readonly queueId: number;
  readonly deadLetterQueueId: number | null;
}

/** How a failed push of a message is handled, where the subscription decides and not the queue. */
export interface PushPolicy {
  readonly queueId: number;
  readonly state: PushState;
  readonly maxRetries: number | null;
  readonly deadLetterQueueId: number | null;
}

export interface PushAttempt {
  readonly deliveryId: string;
  readonly atMs: number;
  readonly messageId: string;
  readonly attempt: number;
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
}

const SECRET_OVERLAP_MS = 86_400_000;

const DEFAULTS: Omit<PushSettings, 'url' | 'urlDigest'> = {
  secret: null,
  secretDigest: null,
  maxRetries: null,
  visibilityTimeoutMs: null,
  deadLetterQueue: null,
  format: 'message',
  maxInFlight: LIMITS.pushInFlightDefault,
  headers: null,
  allowedMessageHeaders: null,
};

/** Only the given settings change. */
export type GivenPushSettings = Partial<PushSettings> & Pick<PushSettings, 'url' | 'urlDigest'>;

/** The given values in every form in which they may be stored: any secret key may have been used. */
export interface StoredForms {
  readonly plainUrl: string;
  readonly urlDigests: readonly string[];
  readonly secretDigests: readonly string[];
}

export const isOfUrl = (
  { url, urlDigest }: Pick<PushSettings, 'url' | 'urlDigest'>,
  { plainUrl, urlDigests }: StoredForms,
): boolean => url === plainUrl || (urlDigest !== null && urlDigests.includes(urlDigest));

export const isOfSecret = (
  { secretDigest }: Pick<PushSettings, 'secretDigest'>,
  { secretDigests }: StoredForms,
): boolean => secretDigest !== null && secretDigests.includes(secretDigest);

/** The result of a subscribe. */
export interface Subscribed {
  readonly row: PushSubscriptionRow;
  /**
   * At most two secrets sign. If this change ends the older one early: the time until which it would
   * have signed; otherwise null.
   */
  readonly endedSecretUntilMs: number | null;
}

/** The settings that a caller asks for, and the id that a new subscription would get. */
export interface WantedSubscription {
  readonly subscriptionId: string;
  readonly settings: GivenPushSettings;
  readonly forms: StoredForms;
}

/**
 * The result of a subscribe: an existing subscription with the same url is changed and keeps its id.
 *
 * @param all the subscriptions of the queue
 */
export function subscribed(
  queue: QueueEntry,
  all: readonly PushSubscriptionRow[],
  { subscriptionId, settings: given, forms }: WantedSubscription,
  nowMs: number,
  reachableFrom: ReachableFrom,
): Subscribed | Refusal {
  const existing = all.find((row) => isOfUrl(row, forms));
  const refusal = checkSubscription(
    queue,
    given,
    existing === undefined,
    all.length,
    reachableFrom,
  );
  if (refusal !== undefined) return refusal;
  if (existing === undefined) {
    return { row: newSubscription(subscriptionId, queue, given, nowMs), endedSecretUntilMs: null };
  }
  const row = changeSubscription(existing, given, forms, nowMs);
  return { row, endedSecretUntilMs: endedUntilMs(existing, row, nowMs) };
}

function newSubscription(
  subscriptionId: string,
  queue: QueueEntry,
  given: GivenPushSettings,
  nowMs: number,
): PushSubscriptionRow {
  return {
    ...DEFAULTS,
    ...given,
    subscriptionId,
    project: queue.project,
    queue: queue.name,
    queueType: queue.type,
    state: 'active',
    pausedReason: null,
    previousSecret: null,
    previousSecretUntilMs: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    changedSeq: 0,
  };
}

/**
 * A secret that is replaced by a new one keeps signing for a while; a secret that is cleared does not.
 */
function changeSubscription(
  existing: PushSubscriptionRow,
  given: GivenPushSettings,
  forms: StoredForms,
  nowMs: number,
): PushSubscriptionRow {
  const { secretDigest, secret, ...rest } = given;
  const changed = { ...existing, ...rest, updatedAtMs: nowMs };
  const isSame = secretDigest === existing.secretDigest || isOfSecret(existing, forms);
  if (secretDigest === undefined || isSame) return changed;
  const isReplaced = secret != null && existing.secret !== null;
  return {
    ...changed,
    secret: secret ?? null,
    secretDigest,
    previousSecret: isReplaced ? existing.secret : null,
    previousSecretUntilMs: isReplaced ? nowMs + SECRET_OVERLAP_MS : null,
  };
}

function endedUntilMs(
  { previousSecret, previousSecretUntilMs: untilMs }: PushSubscriptionRow,
  after: PushSubscriptionRow,
  nowMs: number,
): number | null {
  const isReplaced = after.previousSecret !== null && after.previousSecret !== previousSecret;
  return isReplaced && untilMs !== null && untilMs > nowMs ? untilMs : null;
}

function checkSubscription(
  queue: QueueEntry,
  { deadLetterQueue }: GivenPushSettings,
  isNew: boolean,
  count: number,
  reachableFrom: ReachableFrom,
): Refusal | undefined {
  if (isNew && count >= LIMITS.pushSubscriptionsPerQueueMax) {
    const rule = `must not be more than ${LIMITS.pushSubscriptionsPerQueueMax} for a queue`;
    return fieldRefusal('/url', rule, 'Delete a subscription that is no longer needed.');
  }
  return deadLetterQueue == null
    ? undefined
    : checkDeadLetterQueue(queue.name, deadLetterQueue, reachableFrom);
}

/** The sealed fields of a subscription, and its digests. */
export type SealedTexts = Pick<
  PushSubscriptionRow,
  'url' | 'urlDigest' | 'headers' | 'secret' | 'secretDigest' | 'previousSecret'
>;

export const sealedTextsOf = (row: SealedTexts): SealedTexts => ({
  url: row.url,
  urlDigest: row.urlDigest,
  headers: row.headers,
  secret: row.secret,
  secretDigest: row.secretDigest,
  previousSecret: row.previousSecret,
});

/** In the order in which the statements of both stores bind them. */
export const sealedColumnsOf = (row: SealedTexts): (string | null)[] => [
  row.url,
  row.urlDigest,
  row.headers,
  row.secret,
  row.secretDigest,
  row.previousSecret,
];

/** The fields of a subscription in an answer: of its secrets, only whether there is one. */
export type ShownSubscription = Omit<
  PushSubscriptionRow,
  'urlDigest' | 'secret' | 'secretDigest' | 'previousSecret' | 'previousSecretUntilMs'
> & { readonly signed: boolean };

export function shownSubscription(row: PushSubscriptionRow): ShownSubscription {
  const {
    secret,
    urlDigest: _urlDigest,
    secretDigest: _digest,
    previousSecret: _previous,
    previousSecretUntilMs: _until,
    ...shown
  } = row;
  return { ...shown, signed: secret !== null };
}

/**
 * Refuses a lease for a subscription that is paused or deleted, or whose queue was deleted: another
 * queue may have its name by now. A push worker learns of this late, and its node perhaps even later.
 */
export function checkHolder(
  queue: QueueEntry,
  holder: string | undefined,
  policyOf: (subscriptionId: string) => PushPolicy | undefined,
): Refusal | undefined {
  const subscriptionId = subscriptionOfHolder(holder ?? null);
  if (subscriptionId === undefined) return undefined;
  const policy = policyOf(subscriptionId);
  return policy?.queueId === queue.id && policy.state === 'active'
    ? undefined
    : subscriptionNotFound(queue.name, subscriptionId);
}

const LEASED_BY = 'push:';

/** The holder of a message that is being pushed, stored where otherwise the id of a key is. */
export const pushHolder = (subscriptionId: string): string => `${LEASED_BY}${subscriptionId}`;

/** The subscription that holds a message, read from the holder in its lease. */
export const subscriptionOfHolder = (leasedBy: string | null): string | undefined =>
  leasedBy?.startsWith(LEASED_BY) ? leasedBy.slice(LEASED_BY.length) : undefined;
