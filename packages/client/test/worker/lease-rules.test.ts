import { setTimeout as pause } from 'node:timers/promises';
import {
  type CallOptions,
  type ConsumedQueue,
  type Delivery,
  MillraceError,
} from '@millrace/client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Consumption } from '#client/worker/consumption';
import { Emitter } from '#client/worker/events';
import { Lease } from '#client/worker/lease';
import { workerSettings } from '#client/worker/options';
import { ServerContact } from '#client/worker/server-contact';

const LOST_ANSWER = new MillraceError({
  code: 'NETWORK_ERROR',
  message: 'the connection broke',
  retryable: true,
  mayHaveTakenEffect: true,
});
const NEVER_SENT = new MillraceError({
  code: 'NETWORK_ERROR',
  message: 'the connection was refused',
  retryable: true,
});

/** The calls that fail and recover, in the words of the worker's events. */
function watchedContact() {
  const emitter = new Emitter();
  const seen: string[] = [];
  emitter.on('callFailed', ({ call, error }) => seen.push(`${call} failed: ${error.code}`));
  emitter.on('recovered', ({ failures }) => seen.push(`recovered after ${failures}`));
  return { contact: new ServerContact((name, event) => emitter.emit(name, event)), seen };
}

/** The time now, and later than that for whoever asks next. */
function timeThatPasses(): number {
  const nowMs = performance.now();
  while (performance.now() === nowMs);
  return nowMs;
}

/**
 * A consume whose attempts fail like this before one succeeds.
 *
 * @returns since when the lease counts, and when each attempt failed
 */
async function consumeAfter(...failures: readonly MillraceError[]) {
  const failedAtMs: number[] = [];
  const queue = {
    async consume({ onRetry }: CallOptions) {
      for (const failure of failures) {
        timeThatPasses();
        onRetry?.(failure, 0);
        failedAtMs.push(timeThatPasses());
      }
      return { messages: [] };
    },
  } as unknown as ConsumedQueue;
  const consumption = new Consumption(queue, workerSettings({}), watchedContact().contact);
  const startMs = timeThatPasses();
  const { leasedAtMs } = await consumption.consume(1);
  return { startMs, failedAtMs, leasedAtMs };
}

test('a lease counts from the attempt whose answer was lost, whatever comes after it', async () => {
  for (const later of [[], [NEVER_SENT], [LOST_ANSWER, NEVER_SENT]]) {
    const { failedAtMs, leasedAtMs } = await consumeAfter(NEVER_SENT, LOST_ANSWER, ...later);
    expect(leasedAtMs).toBeLessThanOrEqual(failedAtMs[0] as number);
  }
});

test('a lease does not count from an attempt that certainly had no effect', async () => {
  const { startMs, leasedAtMs, failedAtMs } = await consumeAfter(NEVER_SENT, NEVER_SENT);
  expect(leasedAtMs).toBeGreaterThan(startMs);
  expect(leasedAtMs).toBeGreaterThan(failedAtMs[0] as number);
});

type ExtendAnswer = MillraceError | { readonly extended: boolean };

/** A lease of a minute whose extensions are answered like this, in turn. */
const leaseExtended = (...answers: ExtendAnswer[]) => leaseSince(performance.now(), ...answers);

/** The same, with the time of the request that got it. */
function leaseSince(leasedAtMs: number, ...answers: ExtendAnswer[]) {
  const queue = {
    async extend() {
      await pause(20);
      const answer = answers.shift();
      if (answer instanceof MillraceError) throw answer;
      return answer;
    },
  } as unknown as ConsumedQueue;
  const { contact, seen } = watchedContact();
  const lease = new Lease(queue, {} as Delivery, 60_000, leasedAtMs, contact);
  lease.onLost = (isCertain) => seen.push(`lost: ${isCertain}`);
  return { lease, seen };
}

test('a lease that somebody else has is lost, and its refusal is no failed call', async () => {
  const refusal = new MillraceError({ code: 'LEASE_LOST', status: 409, message: 'it has ended' });
  const { lease, seen } = leaseExtended(refusal);
  expect(await lease.renew()).toBe(false);
  expect(seen).toEqual(['lost: true']);
});

test('an error page of a proxy does not end a lease', async () => {
  const page = { code: 'UNEXPECTED_ANSWER', status: 404, message: 'not one of millrace' } as const;
  const { lease, seen } = leaseExtended(new MillraceError(page), { extended: true });
  await lease.renew();
  expect(await lease.renew()).toBe(true);
  lease.stop();
  expect(seen).toEqual(['extend failed: UNEXPECTED_ANSWER', 'recovered after 1']);
});

test('whether a lease has ended while the process was busy, the server says', async () => {
  const { lease, seen } = leaseSince(performance.now() - 70_000, { extended: true });
  expect(lease.isDoubtful).toBe(true);
  expect(await lease.renew()).toBe(true);
  expect(lease.isDoubtful).toBe(false);
  lease.stop();
  const late = leaseSince(performance.now() - 70_000, { extended: false });
  expect(await late.lease.renew()).toBe(false);
  expect([seen, late.seen]).toEqual([[], ['lost: true']]);
});

test('a lease that the server does not extend any further lasts to its end', async () => {
  const refusal = new MillraceError({
    code: 'INVALID_REQUEST',
    status: 400,
    message: 'a lease may be extended to 12 hours in all',
  });
  const { lease, seen } = leaseExtended(refusal);
  expect(await lease.renew()).toBe(true);
  lease.stop();
  expect(seen).toEqual(['extend failed: INVALID_REQUEST']);
});

test('an extension that succeeds shows that the server is back', async () => {
  const { lease, seen } = leaseExtended(LOST_ANSWER, { extended: true });
  await lease.renew();
  expect(await lease.renew()).toBe(true);
  lease.stop();
  expect(seen).toEqual(['extend failed: NETWORK_ERROR', 'recovered after 1']);
});

test.each([
  [2_000, 1_900],
  [60_000, 59_000],
])('a lease of %i ms that cannot be extended is given up after %i ms', async (length, after) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const queue = { extend: () => Promise.reject(LOST_ANSWER) } as unknown as ConsumedQueue;
  const { contact } = watchedContact();
  const lease = new Lease(queue, {} as Delivery, length, performance.now(), contact);
  const onLost = vi.fn();
  lease.onLost = onLost;
  await vi.advanceTimersByTimeAsync(after - 1);
  expect(onLost).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onLost).toHaveBeenCalledExactlyOnceWith(false);
});
