import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdSource, type IdSource } from '#server/core/ids';
import type { Store } from '#server/core/store/store';
import { FakeClock } from '../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import { FaultyModel } from '../model/planted-faults.js';
import type { FifoFaultName } from '../model/planted-fifo-faults.js';
import { ModelStore } from '../model/store/model-store.js';
import { inRounds, type ObservedRun, observeRun } from './observed-run.js';
import { portClient } from './port-client.js';

/** The environment can ask for more, for a nightly run. */
const RUNS = Number(process.env.MILLRACE_TEST_RUNS ?? 5);
const SEED = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 1_000_000_000);
const ROUNDS = 250;
const CLIENTS = 8;
const VISIBILITY_MS = 2_000;
const DRAIN_STEPS = 200;
/** A fault of the model must be found within this number of runs. */
const FOUND_WITHIN = 20;

function observe(
  store: Store,
  clock: FakeClock,
  seed: number,
  atOnce = 1,
  ids: IdSource = createIdSource(clock),
): Promise<ObservedRun> {
  const api = portClient(store, clock, `run-${seed}-${atOnce}`, ids);
  const work = inRounds(ROUNDS, atOnce, (durationMs) => api.pass(durationMs));
  return observeRun({
    ...{ api, seed, work, clients: CLIENTS, visibilityMs: VISIBILITY_MS },
    ...{ oneByOne: atOnce === 1, drainSteps: DRAIN_STEPS },
  });
}

function expectKept(run: ObservedRun, seed: number): void {
  expect(run.broken.slice(0, 10), `seed ${seed}`).toEqual([]);
  expect(run.delivered).toBeGreaterThan(ROUNDS / 4);
}

describe('FIFO queues, observed by their clients', () => {
  it('keep their promises on the model', async () => {
    for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
      const clock = new FakeClock();
      expectKept(await observe(new ModelStore(clock), clock, seed), seed);
    }
  }, 120_000);

  describe.each(STORE_FACTORIES)('on $name', (factory) => {
    const clock = new FakeClock();
    // One source for all runs: a second source may produce existing ids within the same millisecond.
    const ids = createIdSource(clock);
    let fixture: StoreFixture;
    let store: Store;
    beforeAll(async () => {
      fixture = await factory.create();
      store = await fixture.open(() => clock);
    });
    afterAll(async () => {
      await store.stop();
      await fixture.remove();
    });

    it.each([
      ['one call after the other', 1],
      ['several calls at once', 6],
    ])(
      'keep their promises with %s',
      async (_how, atOnce) => {
        process.stdout.write(`FIFO on ${factory.name}, seed ${SEED}\n`);
        for (let seed = SEED; seed < SEED + Math.ceil(RUNS / 4); seed += 1) {
          expectKept(await observe(store, clock, seed, atOnce, ids), seed);
        }
      },
      120_000,
    );
  });
});

describe('the checker of FIFO queues', () => {
  const faults: [FifoFaultName, RegExp][] = [
    ['a blocked message group is delivered', /before .* was settled/],
    ['messages without a message group do not wait for each other', /before .* was settled/],
    [
      'a delay does not block its message group',
      /did not wait for the delay|before .* was settled/,
    ],
    ['later leases are kept when a message is requeued', /was settled after .* was requeued/],
    ['an ack withdraws the later leases', /while its lease was held|no message of its group/],
    ['a dead letter does not free its message group', /no message of its group|stuck/],
    ['message groups wait for each other', /no message of its group was held/],
    ['a withdrawn lease counts a failure', /is a dead letter/],
  ];

  it.each(faults)(
    'reports a fault when %s',
    async (fault, sign) => {
      const signs: string[] = [];
      for (let seed = SEED; seed < SEED + FOUND_WITHIN; seed += 1) {
        const clock = new FakeClock();
        const { broken } = await observe(new FaultyModel(clock, fault), clock, seed);
        signs.push(...broken);
        if (broken.some((text) => sign.test(text))) return;
      }
      expect.fail(`seed ${SEED}: ${signs.slice(0, 5).join('\n')}`);
    },
    60_000,
  );
});
