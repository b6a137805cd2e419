import type { Capability, PushTestReturns } from '@millrace/protocol';
import type { FastifyRequest } from 'fastify';
import type { ByteBudget } from '../core/byte-budget.js';
import type { Caller } from '../core/caller.js';
import type { Clock } from '../core/clock.js';
import type { Idempotency, Outcome } from '../core/commands.js';
import type { IdSource } from '../core/ids.js';
import type { KeyRing } from '../core/key-ring.js';
import type { Presence } from '../core/long-poll.js';
import type {
  PushFormat,
  PushSettings,
  PushSubscriptionRow,
  StoredForms,
} from '../core/push-subscription.js';
import type { QueueService, Target } from '../core/queue-service.js';
import type { RateLimiter } from '../core/rate-limit.js';
import type { Refusal } from '../core/refusal.js';
import type { Store } from '../core/store.js';
import type { Fields } from './validation.js';

/** What the routes work with. */
export interface RouteContext {
  readonly service: QueueService;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly keyRing: KeyRing;
  readonly budget: ByteBudget;
  /** Undefined: requests are not limited. */
  readonly rateLimiter: RateLimiter | undefined;
  readonly idempotencyWindowMs: number;
  readonly maintenance: MaintenanceSignals;
  readonly push: PushParts;
}

/** What background work has to hear of. */
export interface MaintenanceSignals {
  bucketDiscarded(): void;
  retentionChanged(): void;
}

/** What the calls of push subscriptions need of the part that pushes. */
export interface PushParts {
  /** Says why pushes may not go to this url; undefined where they may. */
  judgeUrl(url: string): Refusal | undefined;
  judgeSecret(secret: string): Refusal | undefined;
  judgeNewSecret(secret: string): Refusal | undefined;
  judgeHeaders(headers: Record<string, string>, format: PushFormat): Refusal | undefined;
  judgeAllowedHeaders(names: readonly string[]): Refusal | undefined;
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
  /** The body as it came, for what must keep its bytes. */
  readonly bodyText: string;
  readonly caller: Caller;
  /** The caller's secret, for sealing what only the caller may read again. */
  secret(): string;
  readonly idempotency: Idempotency | null;
  readonly presence: Presence;
}

export interface Answer {
  readonly ok: true;
  /** JSON text. */
  readonly data: string;
  readonly replayed: boolean;
}

export interface Route {
  readonly capability: Capability;
  /** Fields that count by a keyed digest, because what is compared is kept. */
  readonly secrets?: readonly string[];
  /** Fields that count by their text when two requests are compared. */
  texts?(fields: Fields, bodyText: string): Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each route knows the type that its schema makes.
  handle(call: Call<any>, context: RouteContext): Promise<Answer | Refusal> | Refusal;
}

export const answer = (data: unknown, replayed = false): Answer => ({
  ok: true,
  data: JSON.stringify(data),
  replayed,
});

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

export const toMs = (seconds: number): number => Math.round(seconds * 1_000);

export function presenceOf(request: FastifyRequest): Presence {
  const { socket } = request.raw;
  return {
    gone: () => socket.destroyed,
    onGone(callback) {
      socket.once('close', callback);
      return () => socket.off('close', callback);
    },
  };
}
