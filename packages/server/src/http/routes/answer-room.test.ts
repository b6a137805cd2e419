import { describe, expect, it } from 'vitest';
import { leaseLost } from '../../core/refusal.js';
import type { Answer, Call, Route, RouteContext } from '../call.js';
import { ROUTES } from './index.js';

const routeOf = (id: string): Route =>
  ROUTES.find(({ capability }) => capability.id === id) as Route;
const publishBatchRoute = routeOf('queue.publish_batch');
const ackBatchRoute = routeOf('queue.ack_batch');
const nackBatchRoute = routeOf('queue.nack_batch');

const ENTRIES = 1_000;
const SERVERS_ID = '019b76da-a800-70e9-b2be-28a7db1b3ca5';
/** The size of what surrounds the entries, once. */
const ENVELOPE_BYTES = 64;

/** The bytes that the route reserves, and those that its answer takes. */
async function roomAndNeed(route: Route, entry: object, outcome: object) {
  const params = { queue: 'q', messages: Array(ENTRIES).fill(entry) };
  const caller = { project: 'p', keyId: 'k' };
  const call = { params, payloads: () => Array(ENTRIES).fill('1'), caller };
  const result = await route.handle(
    call as unknown as Call<unknown>,
    {
      service: {
        publish: async () => outcome,
        ack: async () => outcome,
        nack: async () => outcome,
      },
    } as unknown as RouteContext,
  );
  const text = [(result as Answer).data].flat().join('');
  return { room: route.answerMaxBytes?.(params) ?? 0, need: Buffer.byteLength(text) };
}

const resultsOf = (result: object) => ({ ok: true, results: Array(ENTRIES).fill(result) });

describe('the room that a batch reserves before it runs', () => {
  it.each([
    ['ids that need escapes', '\u0001'.repeat(256)],
    ['ids of four bytes a character', '😀'.repeat(256)],
    ['ids of the server', SERVERS_ID],
  ])('is enough for all answers about %s', async (_what, messageId) => {
    const entry = { message_id: messageId };
    const none = { messageId, ok: true, acked: false, nacked: false, requeued: false };
    for (const route of [ackBatchRoute, nackBatchRoute]) {
      const { room, need } = await roomAndNeed(route, entry, resultsOf(none));
      expect(need).toBeGreaterThan(ENTRIES * messageId.length);
      expect(room + ENVELOPE_BYTES).toBeGreaterThanOrEqual(need);
    }
  });

  it('is enough when all leases are lost', async () => {
    const lost = resultsOf({ messageId: SERVERS_ID, ...leaseLost(SERVERS_ID) });
    for (const route of [ackBatchRoute, nackBatchRoute]) {
      const { room, need } = await roomAndNeed(route, { message_id: SERVERS_ID }, lost);
      expect(need).toBeGreaterThan(ENTRIES * 256);
      expect(room).toBeGreaterThanOrEqual(need);
    }
  });

  it('is enough for the ids of a published batch, and not much more', async () => {
    const outcome = { ok: true, messageIds: Array(ENTRIES).fill(SERVERS_ID) };
    const { room, need } = await roomAndNeed(publishBatchRoute, { payload: 1 }, outcome);
    expect(room + ENVELOPE_BYTES).toBeGreaterThanOrEqual(need);
    expect(room).toBeLessThan(2 * need);
  });
});
