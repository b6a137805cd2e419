/** What a field has; a list in brackets has objects with such fields. */
export type Kind = 'string' | 'number' | 'boolean' | 'list' | readonly [Fields];
export type Fields = Readonly<{ [field: string]: Kind }>;

const QUEUE = { queue: 'string' } as const;
const MESSAGES = [{ message_id: 'string', queue: 'string' }] as const;
const SUBSCRIPTION = { subscription_id: 'string', url: 'string', state: 'string' } as const;
const ONE_SUBSCRIPTION = '/v1/queue/push_subscribe/{queue}/{subscription_id}';

/**
 * By call, the fields without which its answer says nothing: enough to tell another program from a server,
 * also one of an earlier version.
 */
export const ANSWER_FIELDS: Readonly<Record<string, Fields>> = {
  'POST /v1/queue/create': QUEUE,
  'GET /v1/queue/get/{queue}': QUEUE,
  'GET /v1/queue/list': { items: [QUEUE] },
  'GET /v1/queue/stats/{queue}': {
    ...QUEUE,
    available: 'number',
    in_flight: 'number',
    delayed: 'number',
    dlq: 'number',
  },
  'PATCH /v1/queue/update/{queue}': QUEUE,
  'DELETE /v1/queue/delete/{queue}': { deleted: 'boolean' },
  'POST /v1/queue/purge/{queue}': { purged: 'number' },
  'POST /v1/queue/publish/{queue}': { message_id: 'string' },
  'POST /v1/queue/consume/{queue}': { messages: MESSAGES },
  'POST /v1/queue/ack/{queue}': { acked: 'boolean' },
  'POST /v1/queue/nack/{queue}': { nacked: 'boolean', requeued: 'boolean' },
  'POST /v1/queue/extend/{queue}': { extended: 'boolean' },
  'POST /v1/queue/ack_batch/{queue}': { results: [{ message_id: 'string' }] },
  'GET /v1/queue/peek/{queue}': { items: MESSAGES },
  'GET /v1/queue/message/{queue}/{message_id}': {
    message_id: 'string',
    failed_deliveries: [{ at: 'string' }],
  },
  'GET /v1/queue/history/{queue}': QUEUE,
  'GET /v1/queue/dlq/list/{queue}': { items: MESSAGES },
  'POST /v1/queue/dlq/redrive/{queue}': { redriven: 'number' },
  'POST /v1/queue/dlq/purge/{queue}': { purged: 'number' },
  'POST /v1/queue/push_subscribe/{queue}': SUBSCRIPTION,
  'GET /v1/queue/push_subscriptions/{queue}': { items: [SUBSCRIPTION] },
  [`DELETE ${ONE_SUBSCRIPTION}`]: { deleted: 'boolean' },
  [`POST ${ONE_SUBSCRIPTION}/pause`]: SUBSCRIPTION,
  [`POST ${ONE_SUBSCRIPTION}/resume`]: SUBSCRIPTION,
  [`POST ${ONE_SUBSCRIPTION}/test`]: { delivered: 'boolean', duration_ms: 'number' },
  [`GET ${ONE_SUBSCRIPTION}/deliveries`]: { items: [{ at: 'string', message_id: 'string' }] },
  'POST /v1/account/keys/create': { key_id: 'string', scopes: 'list' },
  'GET /v1/account/keys/list': { items: [{ key_id: 'string', scopes: 'list' }] },
  'POST /v1/account/keys/revoke/{key_id}': { revoked: 'boolean' },
  'GET /v1/account/audit': { items: [{ at: 'string', action: 'string' }] },
};

/** The fields of the answer to a request; undefined for a call that no verb makes. */
export function fieldsOfAnswer(method: string, path: string): Fields | undefined {
  const called = Object.entries(ANSWER_FIELDS).find(([call]) => {
    const [verb, template = ''] = call.split(' ');
    // The address of a server may have a path of its own.
    return verb === method && new RegExp(`${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  });
  return called?.[1];
}
