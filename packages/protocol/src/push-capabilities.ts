import type { Capability } from './capability.js';
import { LIMITS } from './limits.js';
import * as push from './schemas/push.js';

const SUBSCRIPTION = '/v1/queue/push_subscribe/{queue}/{subscription_id}';
const bodyMaxBytes = LIMITS.bodyOverheadMaxBytes;

export const PUSH_CAPABILITIES = {
  pushSubscribe: {
    id: 'queue.push_subscribe',
    method: 'POST',
    path: '/v1/queue/push_subscribe/{queue}',
    scopes: ['manage'],
    params: push.PushSubscribeParams,
    returns: push.PushSubscription,
    aliases: { forward_to: 'url', endpoint: 'url' },
    bodyMaxBytes,
    description:
      'Post the messages of a queue to a url. Given the same url again, change the given settings.',
  },
  pushSubscriptions: {
    id: 'queue.push_subscriptions',
    method: 'GET',
    path: '/v1/queue/push_subscriptions/{queue}',
    scopes: ['read'],
    params: push.PushSubscriptionsParams,
    returns: push.PushSubscriptionsReturns,
    bodyMaxBytes,
    description: 'List the push subscriptions of a queue.',
  },
  pushUnsubscribe: {
    id: 'queue.push_unsubscribe',
    method: 'DELETE',
    path: SUBSCRIPTION,
    scopes: ['manage'],
    params: push.ChangePushSubscriptionParams,
    returns: push.PushUnsubscribeReturns,
    bodyMaxBytes,
    description: 'Delete a push subscription. The messages stay in the queue.',
  },
  pushPause: {
    id: 'queue.push_pause',
    method: 'POST',
    path: `${SUBSCRIPTION}/pause`,
    scopes: ['manage'],
    params: push.ChangePushSubscriptionParams,
    returns: push.PushSubscription,
    bodyMaxBytes,
    description: 'Pause a push subscription. Pushes under way are finished.',
  },
  pushResume: {
    id: 'queue.push_resume',
    method: 'POST',
    path: `${SUBSCRIPTION}/resume`,
    scopes: ['manage'],
    params: push.ChangePushSubscriptionParams,
    returns: push.PushSubscription,
    bodyMaxBytes,
    description: 'Resume a paused push subscription.',
  },
  pushTest: {
    id: 'queue.push_test',
    method: 'POST',
    path: `${SUBSCRIPTION}/test`,
    scopes: ['manage'],
    params: push.OnePushSubscriptionParams,
    returns: push.PushTestReturns,
    bodyMaxBytes,
    description: 'Post one test message, once, and report the result.',
  },
  pushDeliveries: {
    id: 'queue.push_deliveries',
    method: 'GET',
    path: `${SUBSCRIPTION}/deliveries`,
    scopes: ['read'],
    params: push.OnePushSubscriptionParams,
    returns: push.PushDeliveriesReturns,
    bodyMaxBytes,
    description: 'List the last 100 pushes of a subscription, newest first.',
  },
} as const satisfies Record<string, Capability>;
