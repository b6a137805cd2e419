import { expect, it } from 'vitest';
import { FakeClock } from '../../test/harness/fake-clock.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import { createDiscardedSweep } from './sweep-discarded.js';

/** A sweep that has found nothing to remove at its start. */
async function sweepAfterStart(isShared: boolean) {
  const clock = new FakeClock();
  let steps = 0;
  let left = 0;
  const submit = async () => {
    steps += 1;
    left = Math.max(0, left - 1);
    return { ok: true, more: left > 0, looksAgain: false };
  };
  const commit = { submit, messagesPublished: () => 0 } as unknown as GroupCommit;
  const sweep = createDiscardedSweep(commit, clock, isShared);
  sweep.start();
  await sweep.catchUp();
  const appears = (count: number): void => {
    left = count;
  };
  return { clock, sweep, appears, steps: () => steps, left: () => left };
}

it('removes what another node has purged before it died', async () => {
  const { clock, sweep, appears, left } = await sweepAfterStart(true);
  appears(3);
  for (let tenths = 0; tenths < 1_000; tenths += 1) {
    clock.advance(100);
    await sweep.catchUp();
  }
  expect(left()).toBe(0);
  await sweep.stop();
});

it('looks only when it is woken if no other node shares the store', async () => {
  const { clock, sweep, steps } = await sweepAfterStart(false);
  clock.advance(24 * 3_600_000);
  await sweep.catchUp();
  expect(steps()).toBe(1);
  sweep.wake();
  await sweep.catchUp();
  expect(steps()).toBe(2);
  await sweep.stop();
});
