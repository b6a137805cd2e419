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
