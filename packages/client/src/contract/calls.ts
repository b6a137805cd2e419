// Generated from the schemas of @millrace/protocol by `npm run generate`. Do not edit.

/** In the path, `~` stands for the id with slashes. */
const call = (id: string, method: string, path: string, acceptsKey = false) => ({
  id,
  method,
  path: path.replace('~', `/v1/${id.replaceAll('.', '/')}`),
  acceptsKey,
});

export const CALLS = {
  create: call('queue.create', 'POST', '~', true),
  get: call('queue.get', 'GET', '~/{queue}'),
  list: call('queue.list', 'GET', '~'),
  stats: call('queue.stats', 'GET', '~/{queue}'),
  update: call('queue.update', 'PATCH', '~/{queue}', true),
  delete: call('queue.delete', 'DELETE', '~/{queue}', true),
  purge: call('queue.purge', 'POST', '~/{queue}', true),
  publishBatch: call('queue.publish_batch', 'POST', '~/{queue}', true),
  publish: call('queue.publish', 'POST', '~/{queue}', true),
  consume: call('queue.consume', 'POST', '~/{queue}', true),
  ack: call('queue.ack', 'POST', '~/{queue}', true),
  nack: call('queue.nack', 'POST', '~/{queue}', true),
  extend: call('queue.extend', 'POST', '~/{queue}', true),
  ackBatch: call('queue.ack_batch', 'POST', '~/{queue}', true),
  nackBatch: call('queue.nack_batch', 'POST', '~/{queue}', true),
  peek: call('queue.peek', 'GET', '~/{queue}'),
  message: call('queue.message', 'GET', '~/{queue}/{message_id}'),
  history: call('queue.history', 'GET', '~/{queue}'),
  dlqList: call('queue.dlq.list', 'GET', '~/{queue}'),
  dlqRedrive: call('queue.dlq.redrive', 'POST', '~/{queue}', true),
  dlqPurge: call('queue.dlq.purge', 'POST', '~/{queue}', true),
  pushSubscribe: call('queue.push_subscribe', 'POST', '~/{queue}', true),
  pushSubscriptions: call('queue.push_subscriptions', 'GET', '~/{queue}'),
  pushUnsubscribe: call(
    'queue.push_unsubscribe',
    'DELETE',
    '/v1/queue/push_subscribe/{queue}/{subscription_id}',
    true,
  ),
  pushPause: call(
    'queue.push_pause',
    'POST',
    '/v1/queue/push_subscribe/{queue}/{subscription_id}/pause',
    true,
  ),
  pushResume: call(
    'queue.push_resume',
    'POST',
    '/v1/queue/push_subscribe/{queue}/{subscription_id}/resume',
    true,
  ),
  pushTest: call(
    'queue.push_test',
    'POST',
    '/v1/queue/push_subscribe/{queue}/{subscription_id}/test',
  ),
  pushDeliveries: call(
    'queue.push_deliveries',
    'GET',
    '/v1/queue/push_subscribe/{queue}/{subscription_id}/deliveries',
  ),
  createKey: call('account.keys.create', 'POST', '~', true),
  listKeys: call('account.keys.list', 'GET', '~'),
  revokeKey: call('account.keys.revoke', 'POST', '~/{key_id}', true),
  whoami: call('account.whoami', 'GET', '~'),
  audit: call('account.audit', 'GET', '~'),
};
