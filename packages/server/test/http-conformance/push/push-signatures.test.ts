import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { Push } from '../../harness/push-receiver.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { type Pushes, usePushes } from './use-pushes.js';

const DAY_MS = 86_400_000;
const PREFIXED = 'whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtMQ==';
const FRESH = 'a secret of its own again';
const PLAIN = 'a plain secret, as a person types it';

const webhookOf = (secret: string) =>
  secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
const stringHeaders = ({ headers }: Push) => headers as Record<string, string>;

/** Verifies with the Standard Webhooks library, which reads `Date.now` and not the tests' clock. */
function verifies(secret: string, push: Push, nowMs: number, body = push.body): boolean {
  const realNow = Date.now;
  Date.now = () => nowMs;
  try {
    webhookOf(secret).verify(body, stringHeaders(push));
    return true;
  } catch {
    return false;
  } finally {
    Date.now = realNow;
  }
}

/** Verifies like a receiver without a library. */
const comparesWith = (secret: string, { headers, body: sent }: Push, body = sent): boolean =>
  headers['x-infrai-signature'] === createHmac('sha256', secret).update(body).digest('hex');

const changed = (body: Buffer): Buffer[] =>
  [0, Math.floor(body.length / 2), body.length - 1].map((at) => {
    const copy = Buffer.from(body);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  });

async function nextPush({ client }: Pushes, queue: string, hook: { pushes: Push[] }, got: number) {
  await client.publish(queue, { text: 'ä', n: got });
  await expect.poll(() => hook.pushes.length).toBe(got + 1);
  return hook.pushes[got] as Push;
}

describe.each(STORE_FACTORIES)('signatures of pushes on $name', (factory) => {
  const all = usePushes(factory);
  const { client, clock, receiver } = all;

  for (const format of ['message', 'payload']) {
    test.each([PREFIXED, PLAIN])(
      `verify every delivery in the format ${format} with the secret %s, and reject a changed byte`,
      async (secret) => {
        const hook = await receiver();
        hook.reply = ({ headers }) =>
          headers['x-millrace-attempt'] === '1' && hook.pushes.length % 2 === 1 ? 500 : 200;
        const queue = await client.newQueue({ max_retries: 5 });
        await client.subscribed(queue, hook.url, { secret, format });
        const payloads = [{ text: 'ä' }, null, 'x'.repeat(10_000), [], 7, ''];
        await client.publishAll(queue, payloads);
        await all.advanceUntil(() => client.isEmpty(queue));
        expect(hook.pushes.length).toBeGreaterThan(payloads.length);
        for (const push of hook.pushes) {
          expect(push.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
          expect(push.headers['x-infrai-signature']).toMatch(/^[0-9a-f]{64}$/);
          const nowMs = Number(push.headers['webhook-timestamp']) * 1_000;
          expect(verifies(secret, push, nowMs)).toBe(true);
          expect(comparesWith(secret, push)).toBe(true);
          for (const body of changed(push.body)) {
            expect(verifies(secret, push, nowMs, body)).toBe(false);
            expect(comparesWith(secret, push, body)).toBe(false);
          }
          // The id and the time are signed too, and a recorded delivery becomes too old.
          const { headers } = push;
          const otherId = { ...push, headers: { ...headers, 'webhook-id': 'other' } };
          expect(verifies(secret, otherId, nowMs)).toBe(false);
          expect(verifies(secret, push, nowMs + 3_600_000)).toBe(false);
          expect(verifies(`${secret}x`, push, nowMs)).toBe(false);
        }
        expect(new Set(hook.ids).size).toBe(6);
      },
    );
  }

  test('use both the new and the replaced secret for a day, the new one first', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url, { secret: PREFIXED });
    clock.advance(1_000);
    await client.subscribed(queue, hook.url, { secret: PLAIN });
    // Sending the same secret again, or none, does not start a new day.
    clock.advance(DAY_MS / 2);
    await client.subscribed(queue, hook.url, { secret: PLAIN });
    await client.subscribed(queue, hook.url, { max_in_flight: 2 });
    clock.advance(DAY_MS / 2 - 1_000);
    const both = await nextPush(all, queue, hook, 0);
    expect(verifies(PREFIXED, both, clock.nowMs())).toBe(true);
    expect(verifies(PLAIN, both, clock.nowMs())).toBe(true);
    const [first = ''] = String(both.headers['webhook-signature']).split(' ');
    const newest = { ...both, headers: { ...both.headers, 'webhook-signature': first } };
    expect(verifies(PLAIN, newest, clock.nowMs())).toBe(true);
    expect(comparesWith(PLAIN, both)).toBe(true);
    expect(comparesWith(PREFIXED, both)).toBe(false);
    clock.advance(1_000);
    const after = await nextPush(all, queue, hook, 1);
    expect(verifies(PLAIN, after, clock.nowMs())).toBe(true);
    expect(verifies(PREFIXED, after, clock.nowMs())).toBe(false);
  });

  test('use the time of the machine, not store time', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url, { secret: PREFIXED });
    clock.jumpWall(-3_600_000);
    const push = await nextPush(all, queue, hook, 0);
    clock.jumpWall(3_600_000);
    const receiverMs = clock.nowMs() - 3_600_000;
    expect(push.headers['webhook-timestamp']).toBe(String(Math.floor(receiverMs / 1_000)));
    expect(verifies(PREFIXED, push, receiverMs)).toBe(true);
  });

  test('still use both secrets after a restart', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url, { secret: PREFIXED });
    await client.subscribed(queue, hook.url, { secret: PLAIN });
    await all.running.restart();
    const push = await nextPush(all, queue, hook, 0);
    for (const secret of [PREFIXED, PLAIN]) {
      expect(verifies(secret, push, clock.nowMs())).toBe(true);
    }
  });

  test('use the last two of three secrets set within a day', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    const secrets = ['one', 'two', 'three'].map((word) => `the secret number ${word}`);
    for (const secret of secrets) {
      await client.subscribed(queue, hook.url, { secret });
    }
    const push = await nextPush(all, queue, hook, 0);
    const seen = secrets.map((secret) => verifies(secret, push, clock.nowMs()));
    expect(seen).toEqual([false, true, true]);
  });

  test('use neither a cleared secret nor the one before it', async () => {
    const hook = await receiver();
    const queue = await client.newQueue();
    await client.subscribed(queue, hook.url, { secret: PREFIXED });
    await client.subscribed(queue, hook.url, { secret: PLAIN });
    await client.subscribed(queue, hook.url, { secret: null });
    const bare = await nextPush(all, queue, hook, 0);
    expect(bare.headers).not.toHaveProperty('webhook-signature');
    expect(bare.headers).not.toHaveProperty('x-infrai-signature');
    await client.subscribed(queue, hook.url, { secret: FRESH });
    const push = await nextPush(all, queue, hook, 1);
    expect(String(push.headers['webhook-signature']).split(' ')).toHaveLength(1);
    expect(verifies(FRESH, push, clock.nowMs())).toBe(true);
  });
});
