import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '#server/core/commands/commands';
import type { QueueRow } from '#server/core/queue/queue-entry';
import type { Store } from '#server/core/store/store';
import { FakeClock } from '../harness/fake-clock.js';
import { STORE_FACTORIES, type StoreFixture } from '../harness/stores.js';
import type { Program } from './commands.js';
import { brokenInvariants } from './invariants.js';
import { type Plan, planOf } from './plan.js';
import { type FaultName, FaultyModel } from './planted-faults.js';
import { FIFO_FAULTS } from './planted-fifo-faults.js';
import { program, stillProgram } from './programs.js';
import { StillClock } from './still-clock.js';
import { ModelStore } from './store/model-store.js';
import { firstDifference, relativeTo, runPlan, type Trace } from './trace.js';

/**
 * The environment can ask for more, for a nightly run; a failure prints its seed, which can be set there
 * too.
 */
const RUNS = Number(process.env.MILLRACE_TEST_RUNS ?? 60);
/** A planted fault must be found within this number of runs. */
const FOUND_WITHIN = 300;
/** The seed with which each of the faults is found. */
const FAULTS_SEED = 1;
const SEED = process.env.MILLRACE_TEST_SEED;
const parameters = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const TIMEOUT_MS = 60_000 + RUNS * 1_000;
const HALF_DAY_MS = 43_200_000;

const onModel = (plan: Plan, fault?: FaultName): Promise<Trace> => {
  const clock = new FakeClock(plan.startMs);
  const model = fault === undefined ? new ModelStore(clock) : new FaultyModel(clock, fault);
  return runPlan(model, clock, plan);
};

describe.each(STORE_FACTORIES)('random commands on $name', (factory) => {
  const clock = new StillClock();
  let fixture: StoreFixture;
  let store: Store;
  let runs = 0;
  let last: readonly string[] = [];

  beforeAll(async () => {
    fixture = await factory.create();
    store = await fixture.open(() => clock);
  });
  afterAll(async () => {
    await store.stop();
    await fixture.remove();
  });

  /**
   * One store serves all runs, each in its own projects. Remains of earlier runs are removed first, so
   * that they do not count as due or past their retention in this one.
   */
  const nextPlan = async (steps: Program): Promise<Plan> => {
    for (const project of last) await removeQueues(store, project);
    clock.advance(3 * HALF_DAY_MS);
    await store.apply([
      { kind: 'settleDue', limit: 1_000_000 },
      { kind: 'sweepDiscarded', limit: 1_000_000 },
    ]);
    runs += 1;
    const plan = planOf(steps, `run${runs}`, clock.nowMs());
    last = plan.projects;
    return plan;
  };

  it('have the same outcomes, counts and lists as on the model', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        const plan = await nextPlan(steps);
        const trace = await runPlan(store, clock, plan);
        expect(firstDifference(plan, trace, await onModel(plan))).toBeUndefined();
        expect(brokenInvariants(plan, trace)).toEqual([]);
      }),
      parameters,
    );
  });

  it('have the same outcomes however they are cut into commit groups', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const flat = fc.tuple(stillProgram, fc.infiniteStream(fc.nat(4)));
    await fc.assert(
      fc.asyncProperty(flat, async ([steps, sizes]) => {
        const seen = [];
        for (const cut of [together, oneByOne, (whole: Program) => inPieces(whole, sizes)]) {
          const plan = await nextPlan(cut(steps));
          const trace = await runPlan(store, clock, plan);
          const outcomes = trace.flatMap((step) => step.outcomes).filter(isOfClients);
          seen.push(relativeTo(plan, { outcomes, queues: trace.at(-1)?.queues }));
        }
        expect(seen[1]).toEqual(seen[0]);
        expect(seen[2]).toEqual(seen[0]);
      }),
      { ...parameters, numRuns: Math.ceil(RUNS / 4) },
    );
  });
});

describe('the comparison of traces', () => {
  const faults: FaultName[] = [
    'an older receipt is accepted',
    'a retried message goes to the tail',
    'an expired lease counts no failure',
    'an expired lease counts as a nack',
    'a replayed delete removes a queue created again',
    'a redriven message keeps its delivery count',
    'a replay is applied again',
    'a purge leaves leased messages',
    'a redriven message keeps its seq',
    'a dead letter keeps its old retention',
    'a redriven message forgets its earlier source queues',
    ...FIFO_FAULTS,
  ];

  it.each(faults)('finds a difference when %s', async (fault) => {
    const found = await fc.check(
      fc.asyncProperty(program, async (steps) => {
        const plan = planOf(steps, 'run', Date.UTC(2026, 0, 1));
        const difference = firstDifference(plan, await onModel(plan, fault), await onModel(plan));
        expect(difference).toBeUndefined();
      }),
      // The same programs each time, so that finding the fault does not depend on luck.
      { numRuns: 2_000, endOnFailure: true, seed: FAULTS_SEED },
    );
    expect(found.failed).toBe(true);
    expect(found.numRuns).toBeLessThanOrEqual(FOUND_WITHIN);
  });
});

/** Outcomes of maintenance depend on what earlier runs left. */
const isOfClients = (outcome: Outcome): boolean =>
  !('more' in outcome || 'nextQueueId' in outcome || 'settled' in outcome);

async function removeQueues(store: Store, project: string): Promise<void> {
  const list = { kind: 'listQueues', project, after: null, prefix: '', limit: 100 } as const;
  const rows = (await store.read({ ...list, counts: false })) as QueueRow[];
  const targets = rows.map(({ name }) => ({ project, queue: name, idempotency: null }));
  const settings = { deadLetterQueue: null };
  await store.apply([
    ...targets.map((target) => ({ kind: 'updateQueue' as const, ...target, settings })),
    ...targets.map((target) => ({ kind: 'deleteQueue' as const, ...target })),
  ]);
}

const stepsOf = (whole: Program) => whole.flatMap(({ steps }) => steps);
const groupOf = (steps: Program[number]['steps']) => ({
  advance: { kind: 'none' as const },
  steps,
});

const together = (whole: Program): Program => [groupOf(stepsOf(whole))];
const oneByOne = (whole: Program): Program => stepsOf(whole).map((step) => groupOf([step]));

function inPieces(whole: Program, sizes: Iterator<number>): Program {
  const steps = stepsOf(whole);
  const groups: Program[number][] = [];
  while (steps.length > 0) groups.push(groupOf(steps.splice(0, 1 + sizes.next().value)));
  return groups;
}
