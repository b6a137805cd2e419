import { expect, test } from 'vitest';
import { arrivals, startReceiver } from '../src/references/push/receiver.js';
import { runUndiciPosts } from '../src/references/push/undici-posts.js';

const POSTS = 30;

test('the receiver counts every request that undici posts', async () => {
  const receiver = await startReceiver();
  try {
    const [posted, arrived] = await Promise.all([
      runUndiciPosts({
        urls: [receiver.url('a'), receiver.url('b')],
        headers: { 'x-test': 'yes' },
        body: '{"data":1}',
        concurrency: 3,
        warmupMs: 0,
        durationMs: 60_000,
        unitLimit: POSTS,
      }),
      arrivals(receiver, 1),
    ]);
    expect(posted.completed).toBe(POSTS);
    expect(arrived.errors).toBe(0);
    const { answered, lastBody, lastHeaders } = await receiver.received();
    expect(answered).toBe(POSTS);
    expect(lastBody).toBe('{"data":1}');
    expect(lastHeaders['x-test']).toBe('yes');
  } finally {
    await receiver.stop();
  }
});
