import { CALLS } from '../contract/calls.js';
import type {
  PushDeliveriesReturns,
  PushSubscribeParams,
  PushSubscription,
  PushTestReturns,
  PushUnsubscribeReturns,
} from '../contract/types.js';
import type { CallOptions } from '../transport/options.js';
import type { CallMaker } from './call-maker.js';
import type { Pages } from './pages.js';

export type PushDelivery = PushDeliveriesReturns['items'][number];

/** The calls of a queue that have its messages posted to urls. */
export class PushSubscriptions {
  readonly #calls: CallMaker;

  constructor(calls: CallMaker) {
    this.#calls = calls;
  }

  /** Has the messages posted to the url. For a url that is subscribed it changes the given settings. */
  pushSubscribe(
    url: string,
    options: Omit<PushSubscribeParams, 'url'> & CallOptions = {},
  ): Promise<PushSubscription> {
    return this.#calls.call(CALLS.pushSubscribe, options, { url });
  }

  /** The subscriptions of the queue, oldest first. */
  pushSubscriptions(options: CallOptions = {}): Pages<PushSubscription> {
    return this.#calls.pages(CALLS.pushSubscriptions, options);
  }

  /** Deletes a subscription. The messages stay in the queue. */
  pushUnsubscribe(
    subscriptionId: string,
    options: CallOptions = {},
  ): Promise<PushUnsubscribeReturns> {
    return this.#calls.call(CALLS.pushUnsubscribe, options, { subscriptionId });
  }

  /** Begins no more pushes until they are resumed. */
  pushPause(subscriptionId: string, options: CallOptions = {}): Promise<PushSubscription> {
    return this.#calls.call(CALLS.pushPause, options, { subscriptionId });
  }

  /** Pushes again, also after a receiver answered 410. */
  pushResume(subscriptionId: string, options: CallOptions = {}): Promise<PushSubscription> {
    return this.#calls.call(CALLS.pushResume, options, { subscriptionId });
  }

  /** Posts one test message, once, and reports the result. It is not repeated by itself. */
  pushTest(
    subscriptionId: string,
    options: Omit<CallOptions, 'idempotencyKey'> = {},
  ): Promise<PushTestReturns> {
    return this.#calls.call(CALLS.pushTest, options, { subscriptionId });
  }

  /** The last 100 pushes of a subscription, newest first. */
  pushDeliveries(subscriptionId: string, options: CallOptions = {}): Pages<PushDelivery> {
    return this.#calls.pages(CALLS.pushDeliveries, options, { subscriptionId });
  }
}
