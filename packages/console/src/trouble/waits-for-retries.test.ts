import { expect, test } from 'vitest';
import { waitsForRetries } from './waits-for-retries.js';
import { ago, queue } from './watched-queue-of-test.js';

test.each([
  ['delayed messages that nobody takes', queue({ delayed: 1 }), true],
  ['the same after an earlier fetch', queue({ delayed: 1, lastFetchAt: ago(600) }), true],
  ['no delayed messages', queue({ available: 1 }), false],
  ['a consumer that waits', queue({ delayed: 1, waitingConsumers: 1 }), false],
  ['messages that are acked meanwhile', queue({ delayed: 1 }, { acked: 3 }), false],
])('%s: %o', (_what, watched, isSuspect) => {
  expect(waitsForRetries(watched)).toBe(isSuspect);
});
