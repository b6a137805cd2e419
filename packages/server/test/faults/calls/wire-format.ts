import type {
  Answers,
  CallName,
  DeliveredMessage,
  Requests,
  SettingsInForce,
} from '../ledger/ledger-events.js';
import { elementSlices, memberSlice } from './json-slices.js';

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: string;
}

type Encoders = { readonly [N in CallName]: (request: Requests[N]) => WireRequest };
type Decoders = { readonly [N in CallName]: (data: string) => Answers[N] };

export function encodeRequest<N extends CallName>(name: N, request: Requests[N]): WireRequest {
  return encoders[name](request);
}

/** Reads the `data` of a success answer, and throws when it does not match the contract. */
export function decodeAnswer<N extends CallName>(name: N, text: string): Answers[N] {
  const data = memberSlice(text, 'data');
  if (memberSlice(text, 'ok') !== 'true' || data === undefined) {
    throw new SyntaxError('a 200 without ok:true and data');
  }
  return decoders[name](data);
}

/** The code of a failure answer. */
export function decodeErrorCode(text: string): string {
  return stringMember(memberSlice(text, 'error') ?? '', 'code');
}

const encoders: Encoders = {
  create: (request) =>
    post('create', {
      name: request.queue,
      type: request.type,
      max_retries: request.maxRetries,
      max_expired_leases: request.maxExpiredLeases,
      visibility_timeout_default: seconds(request.visibilityTimeoutMs),
      dead_letter_queue: request.deadLetterQueue,
    }),
  publish: (request) => {
    const { path, method, body } = post('publish', {
      queue: request.queue,
      delay_seconds: seconds(request.delayMs),
      message_group_id: request.groupId,
      idempotency_key: request.idempotencyKey,
    });
    // The payload is inserted as text: serialising it again would hide what the server does to it.
    return { path, method, body: `{"payload":${request.payload},${body?.slice(1)}` };
  },
  consume: (request) =>
    post('consume', {
      queue: request.queue,
      max_messages: request.maxMessages,
      visibility_timeout: seconds(request.visibilityTimeoutMs),
      wait_seconds: seconds(request.waitMs),
      idempotency_key: request.idempotencyKey,
    }),
  ack: (request) => post('ack', settleFields(request)),
  nack: (request) =>
    post('nack', {
      ...settleFields(request),
      requeue: request.requeue,
      delay_seconds: seconds(request.delayMs),
    }),
  extend: (request) =>
    post('extend', {
      ...settleFields(request),
      visibility_timeout: seconds(request.visibilityTimeoutMs),
    }),
  stats: ({ queue }) => ({ method: 'GET', path: pathOf('stats', queue) }),
  get: ({ queue }) => ({ method: 'GET', path: pathOf('get', queue) }),
  update: (request) => ({
    method: 'PATCH',
    path: pathOf('update', request.queue),
    body: JSON.stringify({
      max_retries: request.maxRetries,
      max_expired_leases: request.maxExpiredLeases,
      visibility_timeout_default: seconds(request.visibilityTimeoutMs),
      dead_letter_queue: request.deadLetterQueue,
    }),
  }),
  purge: ({ queue }) => ({ method: 'POST', path: pathOf('purge', queue) }),
  delete: ({ queue }) => ({ method: 'DELETE', path: pathOf('delete', queue) }),
};

const decoders: Decoders = {
  create: () => ({}),
  publish: (data) => ({ messageId: stringMember(data, 'message_id') }),
  consume: (data) => ({ messages: elementSlices(member(data, 'messages')).map(decodeMessage) }),
  ack: (data) => ({ acked: booleanMember(data, 'acked') }),
  nack: (data) => ({
    nacked: booleanMember(data, 'nacked'),
    requeued: booleanMember(data, 'requeued'),
  }),
  extend: (data) => ({ extended: booleanMember(data, 'extended') }),
  stats: (data) => ({
    available: countMember(data, 'available'),
    inFlight: countMember(data, 'in_flight'),
    delayed: countMember(data, 'delayed'),
    dlq: countMember(data, 'dlq'),
  }),
  get: decodeSettings,
  update: decodeSettings,
  purge: (data) => ({ purged: countMember(data, 'purged') }),
  delete: (data) => ({ deleted: booleanMember(data, 'deleted') }),
};

function decodeMessage(text: string): DeliveredMessage {
  return {
    messageId: stringMember(text, 'message_id'),
    payload: member(text, 'payload'),
    receipt: stringMember(text, 'receipt'),
    deliveryCount: countMember(text, 'delivery_count'),
  };
}

function decodeSettings(text: string): SettingsInForce {
  const deadLetterQueue = memberSlice(text, 'dead_letter_queue');
  return {
    maxRetries: countMember(text, 'max_retries'),
    maxExpiredLeases: countMember(text, 'max_expired_leases'),
    visibilityTimeoutMs: Math.round(1_000 * Number(member(text, 'visibility_timeout_default'))),
    ...(deadLetterQueue === undefined || deadLetterQueue === 'null'
      ? {}
      : { deadLetterQueue: stringMember(text, 'dead_letter_queue') }),
  };
}

function pathOf(call: string, queue: string): string {
  return `/v1/queue/${call}/${encodeURIComponent(queue)}`;
}

function settleFields(request: Requests['ack']): Record<string, unknown> {
  return {
    queue: request.queue,
    message_id: request.messageId,
    receipt: request.receipt,
    idempotency_key: request.idempotencyKey,
  };
}

function post(call: string, fields: Record<string, unknown>): WireRequest {
  return { method: 'POST', path: `/v1/queue/${call}`, body: JSON.stringify(fields) };
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms) / 1_000;
}

function member(text: string, name: string): string {
  const slice = memberSlice(text, name);
  if (slice === undefined) throw new SyntaxError(`the answer has no ${name}`);
  return slice;
}

function stringMember(text: string, name: string): string {
  const value: unknown = JSON.parse(member(text, name));
  if (typeof value !== 'string' || value === '') throw new SyntaxError(`${name} is not a string`);
  return value;
}

function booleanMember(text: string, name: string): boolean {
  const value: unknown = JSON.parse(member(text, name));
  if (typeof value !== 'boolean') throw new SyntaxError(`${name} is not a boolean`);
  return value;
}

function countMember(text: string, name: string): number {
  const value: unknown = JSON.parse(member(text, name));
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new SyntaxError(`${name} is not a count`);
  }
  return value as number;
}
