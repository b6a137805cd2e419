import { LIMITS } from '@millrace/protocol/limits';
import { fieldRefusal, type Refusal, subscriptionNotFound } from '../refusal.js';
import type { QueueEntry, QueueSettings } from './queue-entry.js';
import { checkDeadLetterQueue, type ReachableFrom } from './queue-settings.js';

/** A queue's messages go to a url. What is null is as the queue says, or the default. */
export interface PushSettings {
  /** This, the secrets and the headers are sealed, or plain where the server has no key for it. */
  readonly url: string;
  /** By which the subscription of a url is found where that is sealed; else null. */
  readonly urlDigest: string | null;
  readonly secret: string | null;
  /** Tells whether a secret that is given is another one. */
  readonly secretDigest: string | null;
  readonly maxRetries: number | null;
  readonly visibilityTimeoutMs: number | null;
  /** By name. */
  readonly deadLetterQueue: string | null;
  readonly format: PushFormat;
  readonly maxInFlight: number;
  /** A JSON object of strings, or null. */
  readonly headers: string | null;
  /** A JSON array of names: what a message's headers may be although they could be credentials. */
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
  /** Signs as well until then, so that a receiver can change over. */
  readonly previousSecret: string | null;
  readonly previousSecretUntilMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Higher with each change, in a store of many nodes; a change may come into sight late. */
  readonly changedSeq: number;
}

/** What a store keeps of it beside. */
export interface PushSubscriptionEntry extends PushSubscriptionRow {
  readonly queueId: number;
  readonly deadLetterQueueId: number | null;
}

/** What a failed push of a message leads to, where the subscription says so and not the queue. */
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

/** Only what is given changes. */
export type GivenPushSettings = Partial<PushSettings> & Pick<PushSettings, 'url' | 'urlDigest'>;

/** What is given, in every form in which it may lie in the store: any secret key may have been used. */
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

/** A subscription as a subscribe makes it. */
export interface Subscribed {
  readonly row: PushSubscriptionRow;
  /**
   * Two secrets sign at most. Where this change ends the older one before its time: until when it
   * would have signed; else null.
   */
  readonly endedSecretUntilMs: number | null;
}

/** What a caller asks for, and the id that a new subscription would get. */
export interface WantedSubscription {
  readonly subscriptionId: string;
  readonly settings: GivenPushSettings;
  readonly forms: StoredForms;
}

/**
 * What a subscribe makes: the same url again changes what is there, so that it keeps its id.
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

/** The secret that a new one takes the place of goes on signing for a while; a cleared one does not. */
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
    return fieldRefusal('/url', rule, 'Delete one that is not needed any more.');
  }
  return deadLetterQueue == null
    ? undefined
    : checkDeadLetterQueue(queue.name, deadLetterQueue, reachableFrom);
}

/** What of a subscription is sealed, and its digests. */
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

/** What an answer says of a subscription: of its secrets, only whether there is one. */
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
 * Refuses a lease for a subscription that is paused or has gone, or whose queue has: another one may
 * have its name by now. A worker hears of it late, its node perhaps later still.
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

/** Who holds a message that is being pushed, where otherwise the id of a key stands. */
export const pushHolder = (subscriptionId: string): string => `${LEASED_BY}${subscriptionId}`;

/** The subscription that holds a message, by what stands in its lease. */
export const subscriptionOfHolder = (leasedBy: string | null): string | undefined =>
  leasedBy?.startsWith(LEASED_BY) ? leasedBy.slice(LEASED_BY.length) : undefined;
