/** The requests of the clients, in the harness's own units. The wire format is in wire-format.ts. */
export interface Requests {
  create: CreateRequest;
  publish: PublishRequest;
  consume: ConsumeRequest;
  ack: SettleRequest;
  nack: NackRequest;
  extend: ExtendRequest;
  stats: QueueRequest;
  get: QueueRequest;
  update: UpdateRequest;
  purge: QueueRequest;
  delete: QueueRequest;
}

export interface Answers {
  create: Record<string, never>;
  publish: { readonly messageId: string };
  consume: { readonly messages: readonly DeliveredMessage[] };
  ack: { readonly acked: boolean };
  nack: { readonly nacked: boolean; readonly requeued: boolean };
  extend: { readonly extended: boolean };
  stats: QueueStats;
  get: SettingsInForce;
  update: SettingsInForce;
  purge: { readonly purged: number };
  delete: { readonly deleted: boolean };
}

export type CallName = keyof Requests;

export interface CreateRequest {
  readonly queue: string;
  readonly type?: 'standard' | 'fifo';
  readonly maxRetries: number;
  readonly maxExpiredLeases?: number;
  readonly visibilityTimeoutMs: number;
  readonly deadLetterQueue?: string;
}

export interface QueueRequest {
  readonly queue: string;
}

/** The settings in a queue's record. */
export interface SettingsInForce {
  readonly maxRetries: number;
  readonly maxExpiredLeases: number;
  readonly visibilityTimeoutMs: number;
  readonly deadLetterQueue?: string;
}

export interface UpdateRequest extends QueueRequest, Partial<SettingsInForce> {}

export interface PublishRequest {
  readonly queue: string;
  /** The payload's JSON text, because the queue promises to keep its bytes. */
  readonly payload: string;
  readonly idempotencyKey?: string;
  readonly delayMs?: number;
  readonly groupId?: string;
}

export interface ConsumeRequest {
  readonly queue: string;
  readonly maxMessages: number;
  readonly visibilityTimeoutMs?: number;
  readonly waitMs?: number;
  readonly idempotencyKey?: string;
}

export interface SettleRequest {
  readonly queue: string;
  readonly messageId: string;
  readonly receipt?: string;
  readonly idempotencyKey?: string;
}

export interface NackRequest extends SettleRequest {
  readonly requeue?: boolean;
  readonly delayMs?: number;
}

export interface ExtendRequest extends SettleRequest {
  readonly visibilityTimeoutMs: number;
}

export interface DeliveredMessage {
  readonly messageId: string;
  readonly payload: string;
  readonly receipt: string;
  readonly deliveryCount: number;
}

export interface QueueStats {
  readonly available: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly dlq: number;
}

/** The outcome of a call. Only the checker decides what it says about the call's effect. */
export type Outcome<A> =
  | { readonly kind: 'answered'; readonly answer: A }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      /** The header Retry-After; null when the answer had none, absent when it was not read. */
      readonly retryAfter?: string | null;
    }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'failed'; readonly sent: boolean; readonly reason: string };

export type StartedEvent = {
  [N in CallName]: {
    readonly kind: 'started';
    readonly callId: number;
    readonly atMs: number;
    readonly node: number;
    readonly name: N;
    readonly request: Requests[N];
  };
}[CallName];

export type EndedEvent = {
  [N in CallName]: {
    readonly kind: 'ended';
    readonly callId: number;
    readonly atMs: number;
    readonly name: N;
    readonly outcome: Outcome<Answers[N]>;
  };
}[CallName];

export interface ServerEvent {
  readonly kind: 'server';
  readonly atMs: number;
  readonly node: number;
  readonly change:
    | 'starting'
    | 'ready'
    | 'killed'
    | 'crashed'
    /** The node runs and cannot reach its database, which does not know that. */
    | 'cut-off'
    | 'in-touch'
    /** The process exists and does not run, as after SIGSTOP. */
    | 'stopped'
    | 'continued';
}

export type LedgerEvent = StartedEvent | EndedEvent | ServerEvent;
