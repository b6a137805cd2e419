import type { Capability, ErrorDetail, PushTestReturns } from '@millrace/protocol';
import type { FastifyRequest } from 'fastify';
import type { AuditTrail } from '../core/audit/audit-trail.js';
import type { Clock } from '../core/clock.js';
import type { AuditSource } from '../core/commands/audit-entry.js';
import type { Outcome } from '../core/commands/commands.js';
import type { Idempotency } from '../core/commands/queue-command.js';
import type { ConsumerBook } from '../core/consumers/consumer-book.js';
import type { ByteBudget, Reservation } from '../core/engine/byte-budget.js';
import type { Target } from '../core/engine/consuming.js';
import type { LongPolls, Presence } from '../core/engine/long-poll.js';
import type { QueueService } from '../core/engine/queue-service.js';
import type { IdSource } from '../core/ids.js';
import type { Caller } from '../core/keys/caller.js';
import type { KeyRing } from '../core/keys/key-ring.js';
import type { KeyUse } from '../core/keys/key-use.js';
import type { RateLimiter } from '../core/limits/rate-limit.js';
import type {
  PushFormat,
  PushSettings,
  PushSubscriptionRow,
  StoredForms,
} from '../core/queue/push-subscription.js';
import type { Refusal } from '../core/refusal.js';
import type { Store } from '../core/store/store.js';
import type { NodeMetrics } from './metrics/node-metrics.js';
import type { Fields } from './validation/validation.js';

/** The parts of the server that the routes use. */
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
  /** The consumers of this node. */
  readonly consumers: ConsumerBook;
  /** The name of this node among those that share the store. */
  readonly nodeId: string;
  readonly metrics: NodeMetrics;
  /** Undefined if requests are not limited. */
  readonly rateLimiter: RateLimiter | undefined;
  /** Limits the requests without a valid key, by address. */
  readonly refusedRequests: RateLimiter;
  readonly idempotencyWindowMs: number;
  readonly maintenance: MaintenanceSignals;
  readonly push: PushDependencies;
}

/** Events that background jobs must be told about. */
export interface MaintenanceSignals {
  bucketDiscarded(): void;
  retentionChanged(): void;
}

/** The functions of the push part that the calls on push subscriptions need. */
export interface PushDependencies {
  /** Returns why pushes to this url are not allowed; undefined if they are. */
  checkUrl(url: string): Refusal | undefined;
  checkSecret(secret: string): Refusal | undefined;
  checkNewSecret(secret: string): Refusal | undefined;
  checkHeaders(headers: Record<string, string>, format: PushFormat): Refusal | undefined;
  checkAllowedHeaders(names: readonly string[]): Refusal | undefined;
  /** The secret in its stored form, and a digest to compare it by. */
  sealSecret(secret: string): { readonly secret: string; readonly secretDigest: string };
  sealUrl(url: string): Pick<PushSettings, 'url' | 'urlDigest'>;
  sealHeaders(headers: string): string;
  /** The forms in which a subscription with this url and secret may be stored. */
  formsOf(url: string, secret: string | null | undefined): StoredForms;
  /** The row with its url and headers unsealed; undefined if no key opens them. */
  openTexts<Row extends Pick<PushSettings, 'url' | 'headers'>>(row: Row): Row | undefined;
  /** To be called when subscriptions of the queue changed; resolves when this node uses the change. */
  subscriptionsChanged(project: string, queue: string): Promise<void>;
  /** How the breaker of an active subscription is on this node; undefined if it does not push for it. */
  breakerOf(
    project: string,
    queue: string,
    subscriptionId: string,
  ): { readonly isOpen: boolean; readonly probeInMs: number | undefined } | undefined;
  /** Posts one test message. */
  test(subscription: PushSubscriptionRow): Promise<PushTestReturns>;
  /** Writes the subscription's latest attempts to the store. */
  flushAttempts(subscriptionId: string): Promise<void>;
}

/** One validated call: its fields by their wire names, wherever they were sent. */
export interface Call<Params> {
  readonly params: Params;
  /** The texts of the payloads, byte for byte: the call's own, or one for each entry of a batch. */
  payloads(): readonly string[];
  readonly caller: Caller;
  /** The source of the call, if the audit log records this call. */
  readonly audit: AuditSource | undefined;
  /** The caller's secret, to seal data that only the caller may read again. */
  secret(): string;
  readonly idempotency: Idempotency | null;
  /** Whether the caller is still there; it also counts as gone when its key has ended. */
  readonly presence: Presence;
  /** The bytes in flight that are reserved for the answer until it has been sent. */
  readonly room: Reservation;
}

export interface Answer {
  readonly ok: true;
  /** JSON text. A long text is in pieces, which are never joined. */
  readonly data: string | readonly string[];
  readonly replayed: boolean;
  /** Warnings to the caller besides the data. */
  readonly warnings?: readonly ErrorDetail[];
}

export interface Route {
  readonly capability: Capability;
  /** The call may wait, and does not need its body while it waits. */
  readonly waits?: true;
  /** Fields that are compared by a keyed digest, because the fingerprint of a request is stored. */
  readonly secrets?: readonly string[];
  /**
   * The most bytes of an answer without messages, if that is more than a few thousand. They are
   * reserved before the store is asked.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as below.
  answerMaxBytes?(params: any): number;
  /** Fields that are compared by their text when two requests are compared. */
  texts?(fields: Fields, payloads: readonly string[]): Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each route knows the type of its own schema.
  handle(call: Call<any>, context: RouteContext): Promise<Answer | Refusal> | Refusal;
}

export const answer = (data: unknown, replayed = false): Answer => ({
  ok: true,
  data: JSON.stringify(data),
  replayed,
});

/** Above this size the texts of a list are not joined. */
const JOINED_MAX_CHARS = 64 * 1024;

/** A list of JSON texts, each in pieces, between a head and a tail. */
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

/** Turns an accepted outcome into an answer; a refusal is passed through. */
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

/** The same for a call that the audit log records. */
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
      // In turns, because thousands of clients may leave at the same moment.
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
