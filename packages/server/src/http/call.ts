import type { Capability, ErrorDetail, PushTestReturns } from '@millrace/protocol';
import type { FastifyRequest } from 'fastify';
import type { AuditTrail } from '../core/audit/audit-trail.js';
import type { Clock } from '../core/clock.js';
import type { ByteBudget, Reservation } from '../core/engine/byte-budget.js';
import type { LongPolls, Presence } from '../core/engine/long-poll.js';
import type { QueueService, Target } from '../core/engine/queue-service.js';
import type { IdSource } from '../core/ids.js';
import type { Caller } from '../core/keys/caller.js';
import type { KeyRing } from '../core/keys/key-ring.js';
import type { KeyUse } from '../core/keys/key-use.js';
import type { RateLimiter } from '../core/limits/rate-limit.js';
import type { AuditSource } from '../core/queue/audit-entry.js';
import type { Outcome } from '../core/queue/commands.js';
import type {
  PushFormat,
  PushSettings,
  PushSubscriptionRow,
  StoredForms,
} from '../core/queue/push-subscription.js';
import type { Idempotency } from '../core/queue/queue-command.js';
import type { Refusal } from '../core/refusal.js';
import type { Store } from '../core/store/store.js';
import type { Fields } from './validation/validation.js';

/** What the routes work with. */
export interface RouteContext {
  readonly service: QueueService;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly keyRing: KeyRing;
  readonly keyUse: KeyUse;
  readonly audit: AuditTrail;
  readonly budget: ByteBudget;
  readonly pushBudget: ByteBudget;
  readonly longPolls: LongPolls;
  /** Undefined: requests are not limited. */
  readonly rateLimiter: RateLimiter | undefined;
  /** How many requests without a valid key an address may make. */
  readonly refusedRequests: RateLimiter;
  readonly idempotencyWindowMs: number;
  readonly maintenance: MaintenanceSignals;
  readonly push: PushDependencies;
}

/** What background work has to hear of. */
export interface MaintenanceSignals {
  bucketDiscarded(): void;
  retentionChanged(): void;
}

/** What the calls of push subscriptions need of the part that pushes. */
export interface PushDependencies {
  /** Says why pushes may not go to this url; undefined where they may. */
  checkUrl(url: string): Refusal | undefined;
  checkSecret(secret: string): Refusal | undefined;
  checkNewSecret(secret: string): Refusal | undefined;
  checkHeaders(headers: Record<string, string>, format: PushFormat): Refusal | undefined;
  checkAllowedHeaders(names: readonly string[]): Refusal | undefined;
  /** The secret as it is stored, and what tells it from another. */
  sealSecret(secret: string): { readonly secret: string; readonly secretDigest: string };
  sealUrl(url: string): Pick<PushSettings, 'url' | 'urlDigest'>;
  sealHeaders(headers: string): string;
  /** By what a subscription of this url, and this secret, is recognised in the store. */
  formsOf(url: string, secret: string | null | undefined): StoredForms;
  /** With its url and headers as they were given; undefined where no key opens them. */
  openTexts<Row extends Pick<PushSettings, 'url' | 'headers'>>(row: Row): Row | undefined;
  /** Subscriptions of the queue have changed; resolves when that holds on this node. */
  subscriptionsChanged(project: string, queue: string): Promise<void>;
  /** Posts one message made up for it. */
  test(subscription: PushSubscriptionRow): Promise<PushTestReturns>;
  /** Has the pushes of the last moment written down. */
  flushAttempts(subscriptionId: string): Promise<void>;
}

/** One call, validated: its fields by their wire names, wherever they stood. */
export interface Call<Params> {
  readonly params: Params;
  /** The texts of the payloads, byte for byte: the call's own, or one for each entry of a batch. */
  payloads(): readonly string[];
  readonly caller: Caller;
  /** Who asks, for the audit log, where the call is one of those that it tells of. */
  readonly audit: AuditSource | undefined;
  /** The caller's secret, for sealing what only the caller may read again. */
  secret(): string;
  readonly idempotency: Idempotency | null;
  /** Also gone when the key has ended. */
  readonly presence: Presence;
  /** What the answer holds of the bytes in flight, until it has gone out. */
  readonly room: Reservation;
}

export interface Answer {
  readonly ok: true;
  /** JSON text; a long one in pieces, which are never put together. */
  readonly data: string | readonly string[];
  readonly replayed: boolean;
  /** What the caller should hear of beside it. */
  readonly warnings?: readonly ErrorDetail[];
}

export interface Route {
  readonly capability: Capability;
  /** The call may wait, and needs its body no more when it has been read. */
  readonly waits?: true;
  /** Fields that count by a keyed digest, because what is compared is kept. */
  readonly secrets?: readonly string[];
  /**
   * How many bytes an answer without messages may take, where that is more than a few thousand:
   * they are reserved before the store is asked.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as below.
  answerMaxBytes?(params: any): number;
  /** Fields that count by their text when two requests are compared. */
  texts?(fields: Fields, payloads: readonly string[]): Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each route knows the type that its schema makes.
  handle(call: Call<any>, context: RouteContext): Promise<Answer | Refusal> | Refusal;
}

export const answer = (data: unknown, replayed = false): Answer => ({
  ok: true,
  data: JSON.stringify(data),
  replayed,
});

/** From here on the texts of a list are not put together. */
const JOINED_MAX_CHARS = 64 * 1024;

/** A list of JSON texts, each in pieces, between what stands before and behind it. */
export function listText(
  head: string,
  items: readonly (readonly string[])[],
  tail: string,
): string | readonly string[] {
  const pieces = [head];
  for (const [index, item] of items.entries()) {
    if (index > 0) pieces.push(',');
    pieces.push(...item);
  }
  pieces.push(tail);
  const chars = pieces.reduce((sum, text) => sum + text.length, 0);
  return chars <= JOINED_MAX_CHARS ? pieces.join('') : pieces;
}

/** Turns an accepted outcome into an answer; a refusal passes. */
export function respond<O extends Outcome>(
  pending: Promise<O>,
  present: (outcome: Extract<O, { ok: true }>) => unknown,
): Promise<Answer | Refusal> {
  return pending.then((outcome) =>
    outcome.ok
      ? answer(present(outcome as Extract<O, { ok: true }>), outcome.replayed)
      : (outcome as Refusal),
  );
}

export const targetOf = (call: Call<{ queue: string }>): Target => ({
  project: call.caller.project,
  queue: call.params.queue,
  idempotency: call.idempotency,
  keyId: call.caller.keyId,
});

/** The same for a call that the audit log tells of. */
export const auditedTargetOf = (call: Call<{ queue: string }>): Target => ({
  ...targetOf(call),
  audit: call.audit,
});

export const toMs = (seconds: number): number => Math.round(seconds * 1_000);

export function presenceOf(request: FastifyRequest): Presence {
  const { caller, raw, server } = request;
  const { socket } = raw;
  return {
    gone: () => socket.destroyed || caller.ended(),
    onGone(callback) {
      // Thousands may go at one moment.
      const onClose = (): void => server.turns.run(caller.project, callback);
      socket.once('close', onClose);
      const stopListening = caller.onEnd(callback);
      return () => {
        socket.off('close', onClose);
        stopListening();
      };
    },
  };
}
