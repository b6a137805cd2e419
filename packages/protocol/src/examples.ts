import type { Static } from '@sinclair/typebox';
import type { CAPABILITIES, CapabilityName } from './capabilities.js';
import {
  DEAD,
  FIRST,
  KEY,
  KEY_ID,
  MESSAGE,
  ORDERS,
  ORDERS_ACTIVITY,
  ORDERS_STATS,
  PURGED,
  RECEIPT,
  REFUSED,
  SECOND,
  SUBSCRIPTION,
  SUBSCRIPTION_ID,
} from './example-story.js';

/** One call: the fields that are sent, and the `data` of the answer. */
export interface Example<Params = unknown, Data = unknown> {
  readonly title: string;
  readonly params: Params;
  readonly data: Data;
}

type ExampleOf<Name extends CapabilityName> = Example<
  Static<(typeof CAPABILITIES)[Name]['params']>,
  Static<(typeof CAPABILITIES)[Name]['returns']>
>;

export const EXAMPLES: { readonly [Name in CapabilityName]: readonly ExampleOf<Name>[] } = {
  create: [
    {
      title: 'A queue with the default settings',
      params: { name: 'orders' },
      data: {
        queue: 'orders',
        type: 'standard',
        max_retries: 3,
        max_expired_leases: 1_000,
        visibility_timeout_default: 30,
        message_retention_days: 7,
        enable_priority: false,
        created_at: ORDERS.created_at,
        updated_at: ORDERS.created_at,
      },
    },
    {
      title: 'A queue with an existing dead-letter queue',
      params: {
        name: 'orders',
        dead_letter_queue: 'orders-failed',
        max_retries: 5,
        visibility_timeout_default: 60,
        enable_priority: true,
      },
      data: ORDERS,
    },
  ],
  get: [{ title: 'The settings', params: { queue: 'orders' }, data: ORDERS }],
  list: [
    {
      title: 'The first page, with counts',
      params: { prefix: 'orders', include: 'stats,activity', limit: 1 },
      data: {
        items: [{ ...ORDERS, stats: ORDERS_STATS, activity: ORDERS_ACTIVITY }],
        next_cursor: 'b3JkZXJz',
      },
    },
  ],
  stats: [{ title: 'The counts', params: { queue: 'orders' }, data: ORDERS_STATS }],
  update: [
    {
      title: 'Allow more retries and detach the dead-letter queue',
      params: { queue: 'orders', max_retries: 8, dead_letter_queue: null },
      data: {
        queue: 'orders',
        type: 'standard',
        max_retries: 8,
        max_expired_leases: 8,
        visibility_timeout_default: 60,
        message_retention_days: 7,
        enable_priority: true,
        created_at: ORDERS.created_at,
        updated_at: '2026-01-05T09:30:00.000Z',
      },
    },
  ],
  delete: [
    { title: 'Delete', params: { queue: 'orders' }, data: { queue: 'orders', deleted: true } },
  ],
  purge: [{ title: 'Empty', params: { queue: 'orders' }, data: { queue: 'orders', purged: 16 } }],
  publish: [
    {
      title: 'A message that can be sent again safely',
      params: {
        queue: 'orders',
        payload: { order_id: 'o_123' },
        headers: { trace: '7f3a' },
        priority: 5,
        idempotency_key: 'order-o_123',
      },
      data: { message_id: FIRST },
    },
    {
      title: 'A delayed message',
      params: { queue: 'orders', payload: 'remind', delay_seconds: 90.5 },
      data: { message_id: SECOND },
    },
  ],
  publishBatch: [
    {
      title: 'Two messages, together or not at all',
      params: {
        queue: 'orders',
        messages: [
          { payload: { order_id: 'o_123' }, priority: 5 },
          { payload: { order_id: 'o_124' }, delay_seconds: 10 },
        ],
      },
      data: { message_ids: [FIRST, SECOND] },
    },
  ],
  consume: [
    {
      title: 'Wait up to 20 seconds for work',
      params: { queue: 'orders', max_messages: 10, visibility_timeout: 60, wait_seconds: 20 },
      data: {
        messages: [{ ...MESSAGE, receipt: RECEIPT, lease_expires_at: '2026-01-05T08:01:12.000Z' }],
      },
    },
    {
      title: 'No message available',
      params: { queue: 'orders' },
      data: { messages: [] },
    },
  ],
  ack: [
    {
      title: 'Done',
      params: { queue: 'orders', message_id: FIRST, receipt: RECEIPT },
      data: { message_id: FIRST, acked: true },
    },
  ],
  nack: [
    {
      title: 'Try again in half a minute',
      params: {
        queue: 'orders',
        message_id: FIRST,
        receipt: RECEIPT,
        delay_seconds: 30,
        error: 'the payment service answered 500',
      },
      data: { message_id: FIRST, nacked: true, requeued: true },
    },
    {
      title: 'Make it a dead letter',
      params: { queue: 'orders', message_id: FIRST, receipt: RECEIPT, requeue: false },
      data: { message_id: FIRST, nacked: true, requeued: false },
    },
  ],
  extend: [
    {
      title: 'Two more minutes from now',
      params: { queue: 'orders', message_id: FIRST, receipt: RECEIPT, visibility_timeout: 120 },
      data: { message_id: FIRST, extended: true, lease_expires_at: '2026-01-05T08:03:00.000Z' },
    },
    {
      title: 'Return the message',
      params: { queue: 'orders', message_id: FIRST, receipt: RECEIPT, visibility_timeout: 0 },
      data: { message_id: FIRST, extended: true },
    },
  ],
  ackBatch: [
    {
      title: 'One acked in time, one too late',
      params: {
        queue: 'orders',
        messages: [
          { message_id: FIRST, receipt: RECEIPT },
          { message_id: SECOND, receipt: 'pZ3kQ9vTt1mWx2Yb.1' },
        ],
      },
      data: {
        results: [
          { message_id: FIRST, acked: true },
          {
            message_id: SECOND,
            acked: false,
            error: {
              code: 'LEASE_LOST',
              message: `The receipt names a delivery of message ${SECOND} that has ended.`,
            },
          },
        ],
      },
    },
  ],
  nackBatch: [
    {
      title: 'One to retry, one to reject',
      params: {
        queue: 'orders',
        messages: [
          { message_id: FIRST, receipt: RECEIPT, delay_seconds: 30 },
          { message_id: SECOND, requeue: false, error: 'no such customer' },
        ],
      },
      data: {
        results: [
          { message_id: FIRST, nacked: true, requeued: true },
          { message_id: SECOND, nacked: true, requeued: false },
        ],
      },
    },
  ],
  peek: [
    {
      title: 'The leased messages',
      params: { queue: 'orders', state: 'leased', limit: 10 },
      data: {
        items: [
          { ...MESSAGE, state: 'leased', state_reason: 'leased until 2026-01-05T08:01:12.000Z' },
        ],
      },
    },
  ],
  message: [
    {
      title: 'A message that failed once',
      params: { queue: 'orders', message_id: FIRST },
      data: {
        ...MESSAGE,
        last_error: 'the payment service answered 500',
        state: 'available',
        failed_deliveries: [
          {
            at: '2026-01-05T08:00:42.000Z',
            how: 'nack',
            error: 'the payment service answered 500',
            key_id: KEY_ID,
          },
        ],
      },
    },
  ],
  history: [
    {
      title: 'The last hour',
      params: { queue: 'orders' },
      data: {
        queue: 'orders',
        minutes: [{ at: '2026-01-05T08:00:00.000Z', depth: 12, ...ORDERS_ACTIVITY }],
      },
    },
    {
      title: 'The last day',
      params: { queue: 'orders', span: 'day' },
      data: {
        queue: 'orders',
        quarter_hours: [{ at: '2026-01-05T08:00:00.000Z', depth: 12, ...ORDERS_ACTIVITY }],
      },
    },
  ],
  dlqList: [
    {
      title: 'Messages that could not be handled',
      params: { queue: 'orders', limit: 10 },
      data: { items: [DEAD] },
    },
  ],
  dlqRedrive: [
    { title: 'All of them', params: { queue: 'orders' }, data: { queue: 'orders', redriven: 7 } },
    {
      title: 'At most a hundred that became dead letters since eight',
      params: { queue: 'orders', since: '2026-01-05T08:00:00.000Z', max_messages: 100 },
      data: { queue: 'orders', redriven: 3 },
    },
  ],
  dlqPurge: [
    {
      title: 'Only one',
      params: { queue: 'orders', message_id: FIRST },
      data: { queue: 'orders', purged: 1 },
    },
  ],
  pushSubscribe: [
    {
      title: 'Signed pushes, twenty at once',
      params: {
        queue: 'orders',
        url: SUBSCRIPTION.url,
        secret: 'whsec_bWlsbHJhY2UtZXhhbXBsZS1zZWNyZXQ=',
        max_retries: 8,
        max_in_flight: 20,
      },
      data: SUBSCRIPTION,
    },
  ],
  pushSubscriptions: [
    { title: 'All subscriptions', params: { queue: 'orders' }, data: { items: [SUBSCRIPTION] } },
  ],
  pushUnsubscribe: [
    {
      title: 'Delete',
      params: { queue: 'orders', subscription_id: SUBSCRIPTION_ID },
      data: { subscription_id: SUBSCRIPTION_ID, deleted: true },
    },
  ],
  pushPause: [
    {
      title: 'Pause',
      params: { queue: 'orders', subscription_id: SUBSCRIPTION_ID },
      data: { ...SUBSCRIPTION, state: 'paused', paused_reason: 'requested' },
    },
  ],
  pushResume: [
    {
      title: 'Resume',
      params: { queue: 'orders', subscription_id: SUBSCRIPTION_ID },
      data: SUBSCRIPTION,
    },
  ],
  pushTest: [
    {
      title: 'The receiver answers',
      params: { queue: 'orders', subscription_id: SUBSCRIPTION_ID },
      data: { delivered: true, status: 204, duration_ms: 31 },
    },
  ],
  pushDeliveries: [
    {
      title: 'One failed, one went through',
      params: { queue: 'orders', subscription_id: SUBSCRIPTION_ID },
      data: {
        items: [
          {
            at: '2026-01-05T08:00:12.000Z',
            message_id: FIRST,
            attempt: 2,
            status: 200,
            duration_ms: 24,
          },
          {
            at: '2026-01-05T08:00:10.000Z',
            message_id: FIRST,
            attempt: 1,
            duration_ms: 3012,
            error: 'timeout',
          },
        ],
      },
    },
  ],
  createKey: [
    {
      title: 'A key for a worker',
      params: { name: 'order worker', scopes: ['consume'] },
      data: { ...KEY, key: 'ifr_0123456789abcdefghijklmnopqrstuv' },
    },
  ],
  listKeys: [{ title: 'The first page', params: { limit: 50 }, data: { items: [KEY] } }],
  revokeKey: [
    { title: 'Revoke', params: { key_id: KEY_ID }, data: { key_id: KEY_ID, revoked: true } },
  ],
  whoami: [
    {
      title: 'The key of a worker',
      params: {},
      data: { key_id: KEY_ID, project: 'default', scopes: ['consume'] },
    },
  ],
  audit: [{ title: 'The newest two', params: { limit: 2 }, data: { items: [REFUSED, PURGED] } }],
};
