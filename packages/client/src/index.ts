export type { Account, Keys } from './api/account.js';
export type { DeadLetters } from './api/dead-letters.js';
export type {
  DeliveryReference,
  MessageOptions,
  NackSettings,
  NewMessage,
  PublishOptions,
} from './api/message-options.js';
export type { Page, Pages } from './api/pages.js';
export type { PushDelivery } from './api/push-subscriptions.js';
export type {
  Consumed,
  ConsumedQueue,
  DayHistory,
  Delivery,
  HourHistory,
  InvalidDelivery,
  PeekedMessage,
  Queue,
} from './api/queue.js';
export type { ListedQueue, Queues } from './api/queues.js';
export type * from './contract/types.js';
export { type ClientErrorCode, type ErrorCode, type ErrorDetail, MillraceError } from './errors.js';
export { Millrace, type QueueOptions } from './millrace.js';
export { toWire } from './names.js';
export type { PublisherOptions } from './publisher/options.js';
export type { Publisher } from './publisher/publisher.js';
export type { StandardSchemaV1 } from './standard-schema.js';
export type { CallOptions, MillraceOptions, Warning } from './transport/options.js';
export { JsonText } from './transport/request.js';
export type { RetryOptions } from './transport/retry-rules.js';
export type { WorkerCounters } from './worker/counters.js';
export type { Listener, WorkerEvent, WorkerEvents } from './worker/events.js';
export type { Handler, HandlerContext } from './worker/handled-delivery.js';
export type { WaitsFor, WorkerHealth, WorkerState } from './worker/health.js';
export type { WorkerOptions } from './worker/options.js';
export { type AbortCode, HandlerAborted, Reject, Retry } from './worker/outcomes.js';
export { Worker } from './worker/worker.js';
