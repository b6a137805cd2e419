import { describe, expect, it } from 'vitest';
import type { Call, PushDependencies, Route, RouteContext } from '../call.js';
import { ROUTES } from './index.js';

const routeOf = (id: string): Route =>
  ROUTES.find(({ capability }) => capability.id === id) as Route;

const UNSUBSCRIBE = routeOf('queue.push_unsubscribe');
const PAUSE = routeOf('queue.push_pause');
const SUBSCRIBE = routeOf('queue.push_subscribe');
const DELETE = routeOf('queue.delete');

const ID = '019b76da-a800-70e9-b2be-28a7db1b3ca5';
const ROW = { url: 'https://a.example/', headers: null, createdAtMs: 0, updatedAtMs: 0 };
const NOT_FOUND = { ok: false, code: 'QUEUE_NOT_FOUND', status: 404, message: 'none' };

/** The queues that the push dispatcher is notified of, after a call with this outcome. */
async function toldOf(route: Route, outcome: object): Promise<unknown[]> {
  const told: unknown[] = [];
  const push = {
    checkUrl: () => undefined,
    formsOf: () => ({ plainUrl: ROW.url, urlDigests: [], secretDigests: [] }),
    sealUrl: (url: string) => ({ url, urlDigest: null }),
    openTexts: <T>(row: T) => row,
    subscriptionsChanged: async (...queue: unknown[]) => {
      told.push(queue);
    },
  } as unknown as PushDependencies;
  const call = {
    params: { queue: 'q', subscription_id: ID, url: ROW.url },
    caller: { project: 'p', keyId: 'k', scopes: ['manage'] },
    idempotency: null,
  } as unknown as Call<unknown>;
  await route.handle(call, {
    service: { submit: async () => outcome, subscribePush: async () => outcome },
    ids: { uuid: () => 'id' },
    maintenance: { bucketDiscarded: () => {} },
    push,
  } as unknown as RouteContext);
  return told;
}

describe('a call that may change subscriptions', () => {
  it.each([
    ['deletes a queue', DELETE, { ok: true, replayed: false, deleted: true }],
    ['deletes a subscription', UNSUBSCRIBE, { ok: true, replayed: false, deleted: true }],
    ['pauses one', PAUSE, { ok: true, replayed: false, subscription: ROW }],
    ['subscribes', SUBSCRIBE, { ok: true, replayed: false, subscription: ROW }],
  ])('makes the dispatcher read its queue when it %s', async (_what, route, outcome) => {
    expect(await toldOf(route, outcome)).toEqual([['p', 'q']]);
  });

  it.each([
    ['a queue that does not exist', DELETE, { ok: true, replayed: false, deleted: false }],
    ['a deletion of a queue that is replayed', DELETE, { ok: true, replayed: true, deleted: true }],
    ['a queue that was not found', DELETE, NOT_FOUND],
    [
      'a subscription that does not exist',
      UNSUBSCRIBE,
      { ok: true, replayed: false, deleted: false },
    ],
    ['a pause that is replayed', PAUSE, { ok: true, replayed: true, subscription: ROW }],
    ['a pause that is refused', PAUSE, NOT_FOUND],
    ['a subscribe that is refused', SUBSCRIBE, NOT_FOUND],
  ])('makes the dispatcher read nothing when it is about %s', async (_what, route, outcome) => {
    expect(await toldOf(route, outcome)).toEqual([]);
  });
});
