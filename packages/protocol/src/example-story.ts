/** The data of the examples. They tell one story, so the same ids and receipts appear in several. */

export const FIRST = '0198f3a2-6c10-7b3e-9a41-5d0f3c2b1a01';
export const SECOND = '0198f3a2-6c11-7d52-8c07-2e9b4f6a7c02';
export const RECEIPT = 'pZ3kQ9vTt1mWx2Yb.0';
export const KEY_ID = '0198f3a0-11c4-7a90-b2d3-7f1e6c5a4b03';

export const ORDERS = {
  queue: 'orders',
  type: 'standard' as const,
  dead_letter_queue: 'orders-failed',
  max_retries: 5,
  max_expired_leases: 5,
  visibility_timeout_default: 60,
  message_retention_days: 7,
  enable_priority: true,
  created_at: '2026-01-05T08:00:00.000Z',
  updated_at: '2026-01-05T08:00:00.000Z',
};
export const ORDERS_STATS = {
  queue: 'orders',
  available: 12,
  in_flight: 3,
  delayed: 1,
  dlq: 0,
  oldest_age_seconds: 4.25,
  waiting_consumers: 0,
  last_fetch_at: '2026-01-05T08:00:41.000Z',
  last_fetch_key_id: KEY_ID,
};
export const ORDERS_ACTIVITY = {
  published: 40,
  delivered: 31,
  acked: 28,
  failed: 3,
  dead_lettered: 0,
};
export const MESSAGE = {
  message_id: FIRST,
  queue: 'orders',
  payload: { order_id: 'o_123' },
  headers: { trace: '7f3a' },
  priority: 5,
  enqueued_at: '2026-01-05T08:00:10.000Z',
  delivery_count: 1,
};
export const DEAD = {
  ...MESSAGE,
  delivery_count: 6,
  source_queue: 'orders',
  dead_lettered_at: '2026-01-05T08:09:00.000Z',
  dead_letter_reason: 'max_retries' as const,
  last_error: 'the payment service answered 500',
};
export const SUBSCRIPTION_ID = '0198f3a1-70b2-7e18-9f55-3a2c8d4e6b04';
export const SUBSCRIPTION = {
  subscription_id: SUBSCRIPTION_ID,
  id: SUBSCRIPTION_ID,
  queue: 'orders',
  url: 'https://shop.example.com/hooks/orders',
  state: 'active' as const,
  signed: true,
  max_retries: 8,
  format: 'message' as const,
  max_in_flight: 20,
  created_at: '2026-01-05T08:00:05.000Z',
  updated_at: '2026-01-05T08:00:05.000Z',
};
export const PURGED = {
  at: '2026-01-05T08:20:00.000Z',
  action: 'queue.purge',
  outcome: 'done' as const,
  key_id: KEY_ID,
  project: 'default',
  target: 'orders',
  address: '192.0.2.7',
  request_id: '0198f3a2-6c10-7b3e-9a41-5d0f3c2b1a00',
  count: 1,
};
export const REFUSED = {
  ...PURGED,
  at: '2026-01-05T08:21:00.000Z',
  action: 'queue.delete',
  outcome: 'refused' as const,
  code: 'SCOPE_MISSING',
  count: 3,
};
export const KEY = {
  key_id: KEY_ID,
  name: 'order worker',
  project: 'default',
  scopes: ['consume' as const],
  created_at: '2026-01-05T07:59:00.000Z',
};
