import type { TObject, TSchema } from '@sinclair/typebox';
import { LIMITS } from './limits.js';
import * as keys from './schemas/keys.js';
import * as messages from './schemas/messages.js';
import * as queues from './schemas/queues.js';
import type { Scope } from './scopes.js';

/**
 * One call of the wire contract. `params` holds every field, whether it stands in the path, in the
 * query string (GET) or in the body; `returns` describes `data`.
 */
export interface Capability {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{name}` where a path parameter stands. */
  readonly path: string;
  /** Any one of these opens the call. */
  readonly scopes: readonly Scope[];
  readonly params: TObject;
  readonly returns: TSchema;
  /** The largest body that is read. */
  readonly bodyMaxBytes: number;
  readonly description: string;
}

const SMALL_BODY = LIMITS.bodyOverheadMaxBytes;
const BATCH_BODY = LIMITS.batchMaxBytes + 8 * LIMITS.bodyOverheadMaxBytes;
const SETTLE_BATCH_BODY = 8 * 1024 * 1024;
const PUBLISH_BODY = LIMITS.payloadMaxBytes + LIMITS.bodyOverheadMaxBytes;

export const CAPABILITIES = {
  create: {
    id: 'queue.create',
    method: 'POST',
    path: '/v1/queue/create',
    scopes: ['manage'],
    params: queues.CreateParams,
    returns: queues.QueueRecord,
    bodyMaxBytes: SMALL_BODY,
    description: 'Create a queue; for one that exists, compare the settings given.',
  },
  get: {
    id: 'queue.get',
    method: 'GET',
    path: '/v1/queue/get/{queue}',
    scopes: ['read', 'consume'],
    params: queues.GetParams,
    returns: queues.QueueRecord,
    bodyMaxBytes: SMALL_BODY,
    description: "A queue's settings.",
  },
  list: {
    id: 'queue.list',
    method: 'GET',
    path: '/v1/queue/list',
    scopes: ['read'],
    params: queues.ListParams,
    returns: queues.ListReturns,
    bodyMaxBytes: SMALL_BODY,
    description: "The project's queues, by name, in pages.",
  },
  stats: {
    id: 'queue.stats',
    method: 'GET',
    path: '/v1/queue/stats/{queue}',
    scopes: ['read', 'consume'],
    params: queues.GetParams,
    returns: queues.QueueStats,
    bodyMaxBytes: SMALL_BODY,
    description: 'Exact counts of a queue, by state, and the age of its oldest message.',
  },
  update: {
    id: 'queue.update',
    method: 'PATCH',
    path: '/v1/queue/update/{queue}',
    scopes: ['manage'],
    params: queues.UpdateParams,
    returns: queues.QueueRecord,
    bodyMaxBytes: SMALL_BODY,
    description: "Change a queue's settings; they hold from each message's next event on.",
  },
  delete: {
    id: 'queue.delete',
    method: 'DELETE',
    path: '/v1/queue/delete/{queue}',
    scopes: ['manage'],
    params: queues.WriteQueueParams,
    returns: queues.DeleteReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Delete a queue with all its messages.',
  },
  purge: {
    id: 'queue.purge',
    method: 'POST',
    path: '/v1/queue/purge/{queue}',
    scopes: ['manage'],
    params: queues.WriteQueueParams,
    returns: queues.PurgeReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Remove all messages of a queue, but not its dead letters.',
  },
  publishBatch: {
    id: 'queue.publish_batch',
    method: 'POST',
    path: '/v1/queue/publish_batch',
    scopes: ['publish'],
    params: messages.PublishBatchParams,
    returns: messages.PublishBatchReturns,
    bodyMaxBytes: BATCH_BODY,
    description: 'Publish up to 1,000 messages, all or none.',
  },
  publish: {
    id: 'queue.publish',
    method: 'POST',
    path: '/v1/queue/publish',
    scopes: ['publish'],
    params: messages.PublishParams,
    returns: messages.PublishReturns,
    bodyMaxBytes: PUBLISH_BODY,
    description: 'Publish one message; the answer means that it is on stable storage.',
  },
  consume: {
    id: 'queue.consume',
    method: 'POST',
    path: '/v1/queue/consume',
    scopes: ['consume'],
    params: messages.ConsumeParams,
    returns: messages.ConsumeReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Lease up to max_messages messages, waiting for the first if asked to.',
  },
  ack: {
    id: 'queue.ack',
    method: 'POST',
    path: '/v1/queue/ack',
    scopes: ['consume'],
    params: messages.AckParams,
    returns: messages.AckReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'The work is done: remove the message.',
  },
  nack: {
    id: 'queue.nack',
    method: 'POST',
    path: '/v1/queue/nack',
    scopes: ['consume'],
    params: messages.NackParams,
    returns: messages.NackReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'The work failed: deliver the message again, or make it a dead letter.',
  },
  extend: {
    id: 'queue.extend',
    method: 'POST',
    path: '/v1/queue/extend',
    scopes: ['consume'],
    params: messages.ExtendParams,
    returns: messages.ExtendReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Keep a lease alive, or give the message back with 0.',
  },
  ackBatch: {
    id: 'queue.ack_batch',
    method: 'POST',
    path: '/v1/queue/ack_batch',
    scopes: ['consume'],
    params: messages.AckBatchParams,
    returns: messages.AckBatchReturns,
    bodyMaxBytes: SETTLE_BATCH_BODY,
    description: 'Ack many messages in one transaction; each entry answers for itself.',
  },
  nackBatch: {
    id: 'queue.nack_batch',
    method: 'POST',
    path: '/v1/queue/nack_batch',
    scopes: ['consume'],
    params: messages.NackBatchParams,
    returns: messages.NackBatchReturns,
    bodyMaxBytes: SETTLE_BATCH_BODY,
    description: 'Nack many messages in one transaction; each entry answers for itself.',
  },
  peek: {
    id: 'queue.peek',
    method: 'GET',
    path: '/v1/queue/peek/{queue}',
    scopes: ['read'],
    params: messages.PeekParams,
    returns: messages.PeekReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Look at messages without leasing them.',
  },
  message: {
    id: 'queue.message',
    method: 'GET',
    path: '/v1/queue/message/{queue}/{message_id}',
    scopes: ['read'],
    params: messages.MessageParams,
    returns: messages.MessageReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'One message, with its failed deliveries.',
  },
  history: {
    id: 'queue.history',
    method: 'GET',
    path: '/v1/queue/history/{queue}',
    scopes: ['read'],
    params: queues.GetParams,
    returns: queues.HistoryReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Depth and rates of a queue, minute by minute, for the last hour.',
  },
  dlqList: {
    id: 'queue.dlq.list',
    method: 'GET',
    path: '/v1/queue/dlq/list/{queue}',
    scopes: ['read'],
    params: messages.DlqListParams,
    returns: messages.DlqListReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'The dead letters that came from a queue, wherever they are kept.',
  },
  dlqRedrive: {
    id: 'queue.dlq.redrive',
    method: 'POST',
    path: '/v1/queue/dlq/redrive/{queue}',
    scopes: ['manage'],
    params: messages.RedriveParams,
    returns: messages.RedriveReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Send dead letters back to the queue they came from.',
  },
  dlqPurge: {
    id: 'queue.dlq.purge',
    method: 'POST',
    path: '/v1/queue/dlq/purge/{queue}',
    scopes: ['manage'],
    params: messages.DlqPurgeParams,
    returns: queues.PurgeReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Remove dead letters of a queue.',
  },
  createKey: {
    id: 'account.keys.create',
    method: 'POST',
    path: '/v1/account/keys/create',
    scopes: ['admin'],
    params: keys.CreateKeyParams,
    returns: keys.CreateKeyReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Make an API key; its secret is shown once.',
  },
  listKeys: {
    id: 'account.keys.list',
    method: 'GET',
    path: '/v1/account/keys/list',
    scopes: ['admin'],
    params: keys.ListKeysParams,
    returns: keys.ListKeysReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'All API keys, without their secrets.',
  },
  revokeKey: {
    id: 'account.keys.revoke',
    method: 'POST',
    path: '/v1/account/keys/revoke/{key_id}',
    scopes: ['admin'],
    params: keys.RevokeKeyParams,
    returns: keys.RevokeKeyReturns,
    bodyMaxBytes: SMALL_BODY,
    description: 'Revoke an API key, on every node within 5 s.',
  },
} as const satisfies Record<string, Capability>;

export type CapabilityName = keyof typeof CAPABILITIES;
export type CapabilityId = (typeof CAPABILITIES)[CapabilityName]['id'];
