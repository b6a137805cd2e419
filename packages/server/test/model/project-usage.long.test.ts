import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '#server/core/store/store';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { readUsageTables } from '../harness/usage-tables.js';
import { planOf } from './plan.js';
import { program } from './programs.js';
import { StillClock } from './still-clock.js';
import { runPlan } from './trace.js';

const RUNS = Math.ceil(Number(process.env.MILLRACE_TEST_RUNS ?? 60) / 3);
const SEED = process.env.MILLRACE_TEST_SEED;
const parameters = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const TIMEOUT_MS = 60_000 + RUNS * 1_000;
const DAY_MS = 86_400_000;

describe.each(STORE_FACTORIES)('the usage of projects on $name', (factory) => {
  const clock = new StillClock();
  let fixture: StoreFixture;
  let store: Store;
  let runs = 0;

  beforeAll(async () => {
    fixture = await factory.create();
    store = await fixture.open(() => clock);
  });
  afterAll(async () => {
    await store.stop();
    await fixture.remove();
  });

  it('equals a full count after any commands', { timeout: TIMEOUT_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        runs += 1;
        await runPlan(store, clock, planOf(steps, `run${runs}`, clock.nowMs()));
        const { kept, counted } = await readUsageTables(fixture.url);
        expect(kept).toEqual(counted);
        clock.advance(DAY_MS);
      }),
      parameters,
    );
  });
});
