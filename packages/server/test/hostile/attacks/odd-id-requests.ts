/** Ids that no server made; percent-encoded within a path. */
export const ODD_IDS: readonly string[] = [
  '\0',
  'a\0b',
  '\uffff',
  'x'.repeat(256),
  'x'.repeat(10_240),
  '0',
  "' OR 1=1 --",
  '01900000-0000-7000-8000-000000000000\0',
  '01900000-0000-7000-8000-00000000000g',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '99999999999999999999999999999999',
];
/** These do not decode to valid text. */
const ODD_SEGMENTS = ['%ff', '%00', '%c3', '%ed%a0%80', '%'];

export interface OddRequest {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  readonly path: string;
  readonly body?: string;
}

const SEGMENTS = [...ODD_IDS.map(encodeURIComponent), ...ODD_SEGMENTS];

const IN_PATH: readonly (readonly [OddRequest['method'], (id: string) => string])[] = [
  ['GET', (id) => `/v1/queue/get/${id}`],
  ['GET', (id) => `/v1/queue/stats/${id}`],
  ['GET', (id) => `/v1/queue/peek/${id}`],
  ['GET', (id) => `/v1/queue/history/${id}`],
  ['GET', (id) => `/v1/queue/dlq/list/${id}`],
  ['GET', (id) => `/v1/queue/message/odd/${id}`],
  ['GET', (id) => `/v1/queue/push_subscriptions/${id}`],
  ['GET', (id) => `/v1/queue/push_subscribe/odd/${id}/deliveries`],
  ['GET', (id) => `/v1/queue/list?cursor=${id}`],
  ['GET', (id) => `/v1/queue/list?prefix=${id}`],
  ['GET', (id) => `/v1/queue/peek/odd?cursor=${id}`],
  ['GET', (id) => `/v1/account/keys/list?cursor=${id}`],
  ['GET', (id) => `/v1/discovery/${id}`],
  ['POST', (id) => `/v1/queue/purge/${id}`],
  ['POST', (id) => `/v1/queue/dlq/redrive/${id}`],
  ['POST', (id) => `/v1/queue/dlq/purge/${id}`],
  ['POST', (id) => `/v1/queue/push_subscribe/odd/${id}/pause`],
  ['POST', (id) => `/v1/queue/push_subscribe/odd/${id}/resume`],
  ['POST', (id) => `/v1/queue/push_subscribe/odd/${id}/test`],
  ['POST', (id) => `/v1/account/keys/revoke/${id}`],
  ['PATCH', (id) => `/v1/queue/update/${id}`],
  ['DELETE', (id) => `/v1/queue/delete/${id}`],
  ['DELETE', (id) => `/v1/queue/push_subscribe/odd/${id}`],
];

const IN_BODY: readonly (readonly [path: string, fields: (id: string) => object])[] = [
  ['/v1/queue/ack', (message_id) => ({ message_id })],
  ['/v1/queue/ack', (receipt) => ({ message_id: 'm', receipt })],
  ['/v1/queue/nack', (message_id) => ({ message_id })],
  ['/v1/queue/nack', (error) => ({ message_id: 'm', error })],
  ['/v1/queue/extend', (message_id) => ({ message_id, visibility_timeout: 5 })],
  ['/v1/queue/ack_batch', (message_id) => ({ messages: [{ message_id }] })],
  ['/v1/queue/nack_batch', (message_id) => ({ messages: [{ message_id, receipt: message_id }] })],
  ['/v1/queue/dlq/redrive/odd', (message_id) => ({ message_id })],
  ['/v1/queue/dlq/purge/odd', (message_id) => ({ message_id })],
  ['/v1/queue/consume', (idempotency_key) => ({ idempotency_key })],
  ['/v1/queue/publish', (message_group_id) => ({ payload: 1, message_group_id })],
  ['/v1/queue/publish', (deduplication_id) => ({ payload: 1, deduplication_id })],
  ['/v1/queue/publish', (name) => ({ payload: 1, headers: { [name]: name } })],
];

/** Every odd id on every route that takes one. */
export const ODD_REQUESTS: readonly OddRequest[] = [
  ...SEGMENTS.flatMap((id) => IN_PATH.map(([method, path]) => ({ method, path: path(id) }))),
  ...ODD_IDS.flatMap((id) =>
    IN_BODY.map(([path, fields]) => ({
      method: 'POST' as const,
      path,
      body: JSON.stringify({ queue: 'odd', ...fields(id) }),
    })),
  ),
];
