import type { Delivery, Queue } from '@millrace/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HeldLeases } from './held-leases.js';

const LEASE_MS = 6_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function makeHeld() {
  const extend = vi.fn(async (_: unknown, seconds: number) => ({ extended: seconds > 0 }));
  return { held: new HeldLeases({ extend } as unknown as Queue), extend };
}

/** The clock of the server is an hour off, so the end of the lease says nothing here. */
const delivery = (offMs: number): Delivery =>
  ({
    messageId: 'id',
    receipt: 'receipt',
    leaseExpiresAt: new Date(Date.now() + LEASE_MS + offMs).toISOString(),
  }) as Delivery;

test.each([-3_600_000, 3_600_000])(
  'a lease is forgotten after its length, with a clock that is %d ms off',
  async (offMs) => {
    const { held, extend } = makeHeld();
    held.add([delivery(offMs)], LEASE_MS);
    vi.advanceTimersByTime(LEASE_MS - 1);
    held.forgetEnded();
    await held.giveBack();
    expect(extend).toHaveBeenCalledTimes(1);
    held.add([delivery(offMs)], LEASE_MS);
    vi.advanceTimersByTime(LEASE_MS + 1);
    held.forgetEnded();
    await held.giveBack();
    expect(extend).toHaveBeenCalledTimes(1);
  },
);

test('a lease is extended while its message is under way, and counts from then on', async () => {
  const { held, extend } = makeHeld();
  const message = delivery(0);
  held.add([message], LEASE_MS);
  let finish = (): void => {};
  const work = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const kept = held.keepWhile(message, work);
  await vi.advanceTimersByTimeAsync(LEASE_MS - 1);
  expect(extend.mock.calls.map(([, seconds]) => seconds)).toEqual([6, 6]);
  finish();
  await kept;
  await vi.advanceTimersByTimeAsync(LEASE_MS / 2);
  held.forgetEnded();
  await held.giveBack();
  expect(extend.mock.calls.map(([, seconds]) => seconds)).toEqual([6, 6, 0]);
});
