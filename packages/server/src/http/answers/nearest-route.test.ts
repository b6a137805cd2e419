import { CAPABILITIES } from '@millrace/protocol';
import { expect, test } from 'vitest';
import { nearestRoute } from './nearest-route.js';
import { pathTable } from './not-found.js';

const ROUTES = pathTable(Object.values(CAPABILITIES));

test.each([
  ['POST', '/v1/queue/publsh/orders', 'POST /v1/queue/publish/{queue}'],
  ['POST', '/v1/queue/Consume', 'POST /v1/queue/consume'],
  ['POST', '/v1/queues/ack/orders', 'POST /v1/queue/ack/{queue}'],
  ['POST', '/v1/queue/publish_bach/orders', 'POST /v1/queue/publish_batch/{queue}'],
  ['POST', '/queue/publish/orders', 'POST /v1/queue/publish/{queue}'],
  ['POST', '/v1/publish/orders', 'POST /v1/queue/publish/{queue}'],
  ['POST', '/v1/queue/push_subscribe', 'POST /v1/queue/push_subscribe/{queue}'],
  ['GET', '/v1/queue/stats', 'GET /v1/queue/stats/{queue}'],
  ['GET', '/v1/account/list', 'GET /v1/account/keys/list'],
  ['POST', '/v1/queue/publish/orders/', 'POST /v1/queue/publish/{queue}'],
  ['POST', '/v1/queue/ack/orders/m-1', 'POST /v1/queue/ack/{queue}'],
  ['GET', '/v1/queue/message/orders', 'GET /v1/queue/message/{queue}/{message_id}'],
  ['GET', '/metric', 'GET /metrics'],
  ['GET', '/v1/openapi.json', 'GET /openapi.json'],
])('%s %s leads to %s', (method, path, nearest) => {
  expect(nearestRoute(method, path, ROUTES)).toBe(nearest);
});

test.each([
  ['GET', '/v1/queue/orders'],
  ['POST', '/v1/queue/orders'],
  ['DELETE', '/v1/queue'],
  ['GET', '/favicon.ico'],
  ['GET', '/wp-login.php'],
  ['GET', '//'],
  ['GET', '/v1/queue/publish_bach/orders'],
  ['POST', '/v1/queue/push_subscribe/orders/s-1/stop'],
  ['POST', `/v1/queue/publish/${'x'.repeat(400)}/`],
])('%s %s is like none', (method, path) => {
  expect(nearestRoute(method, path, ROUTES)).toBeUndefined();
});
