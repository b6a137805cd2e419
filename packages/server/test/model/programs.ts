import fc from 'fast-check';
import {
  type Advance,
  message,
  newSettings,
  type Place,
  type Program,
  type ProgramGroup,
  place,
  QUEUE_NAMES,
  type Settings,
  step,
} from './commands.js';

/** Random programs: queues to begin with, then steps and scenes with time passing in between. */

const NO_TIME: Advance = { kind: 'none' };

const advance: fc.Arbitrary<Advance> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(NO_TIME) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('by' as const),
      durationMs: fc.constantFrom(1, 500, 1_000, 5_000, 3_600_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('to due' as const),
      index: fc.nat(3),
      besideMs: fc.constantFrom(-1, 0, 0, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('to retention' as const, 'to window' as const),
      index: fc.nat(2),
      besideMs: fc.constantFrom(-1, 0, 0, 1),
    }),
  },
);

/** The queues of the first project, so that most programs have something to work on. */
const setup: fc.Arbitrary<ProgramGroup> = fc
  .tuple(...QUEUE_NAMES.map(() => newSettings), fc.boolean())
  .map((parts) => {
    const chained = parts.at(-1) as boolean;
    const steps = (parts.slice(0, -1) as Partial<Settings>[]).map((given, queue) => {
      // A queue can only name an existing one: the one before it in the list.
      const deadLetterQueue = chained && queue > 0 ? queue - 1 : null;
      return {
        kind: 'createQueue' as const,
        place: { project: 0, queue },
        settings: { ...given, deadLetterQueue },
        use: null,
      };
    });
    return { advance: NO_TIME, steps };
  });

/** A case that is rare in random steps: a publish, and the same again as its window ends. */
const windowScene: fc.Arbitrary<ProgramGroup[]> = fc
  .record({ place, message, besideMs: fc.constantFrom(-1, 0, 1), purges: fc.boolean() })
  .map(({ place: where, message: sent, besideMs, purges }) => {
    const messages = [{ ...sent, deduplicationId: 'd3' }];
    const how = { batch: true, forbidden: false, use: null };
    const again = { kind: 'publish' as const, place: where, messages, ...how };
    const purge = { kind: 'purgeQueue' as const, place: where, use: null };
    const toWindow = { kind: 'to window' as const, index: 0, besideMs };
    return [
      { advance: NO_TIME, steps: purges ? [again, purge, again] : [again] },
      { advance: toWindow, steps: [again] },
    ];
  });

/** A batch of one message group, with some leases extended while the others run out. */
const leaseScene: fc.Arbitrary<ProgramGroup[]> = fc
  .record({ place, message, prolonged: fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }) })
  .map(({ place: where, message: sent, prolonged }) => {
    const messages = Array.from({ length: 4 }, () => ({ ...sent, deduplicationId: null }));
    const how = { batch: true, forbidden: false, use: null };
    const bounds = { visibilityTimeoutMs: 1_000, maxBytes: 1_000_000, use: null };
    const steps = [
      { kind: 'publish' as const, place: where, messages, ...how },
      { kind: 'consume' as const, place: where, maxMessages: 10, ...bounds },
      ...prolonged.map((index) => ({
        kind: 'extend' as const,
        entry: { of: 'recent delivery' as const, index, receipt: 'given' as const },
        visibilityTimeoutMs: 10_000,
        elsewhere: null,
        use: null,
      })),
    ];
    const look = { kind: 'consume' as const, place: where, maxMessages: 10, ...bounds };
    const toDue = { kind: 'to due' as const, index: 0, besideMs: 0 };
    return [
      { advance: NO_TIME, steps },
      { advance: toDue, steps: [{ kind: 'settleDue' as const }] },
      { advance: toDue, steps: [look] },
    ];
  });

/** A delete whose answer was lost, retried after the queue was created again. */
const deleteScene: fc.Arbitrary<ProgramGroup[]> = fc
  .record({ place, message, key: fc.nat(2), settings: newSettings })
  .map(({ place: where, message: sent, key, settings }) => {
    const use = { key, fingerprint: 0, windowMs: 86_400_000 };
    const remove = { kind: 'deleteQueue' as const, place: where, use };
    const how = { batch: true, forbidden: false, use: null };
    const remake = { kind: 'createQueue' as const, place: where, settings, use: null };
    const publish = { kind: 'publish' as const, place: where, messages: [sent], ...how };
    return [
      { advance: NO_TIME, steps: [remove, remake, publish] },
      { advance: NO_TIME, steps: [remove] },
    ];
  });

/** A message that dies twice, through a chain of dead-letter queues if there is one, and is redriven. */
const chainScene: fc.Arbitrary<ProgramGroup[]> = fc
  .record({ message, action: fc.constantFrom('redrive' as const, 'purge' as const) })
  .map(({ message: sent, action }) => {
    const [first, second] = [2, 1].map((queue) => ({ project: 0, queue })) as [Place, Place];
    const messages = [{ ...sent, delayMs: 0, deduplicationId: null }];
    const how = { batch: true, forbidden: false, use: null };
    const bounds = { maxMessages: 1, visibilityTimeoutMs: null, maxBytes: 1_000_000, use: null };
    const reject = {
      kind: 'nack' as const,
      batch: false,
      entries: [
        {
          of: 'recent delivery' as const,
          index: 0,
          receipt: 'given' as const,
          how: { requeue: false, delayMs: 0, error: null },
        },
      ],
      elsewhere: null,
      use: null,
    };
    const all = { choice: { of: 'all' as const }, maxMessages: null, use: null };
    const die = (where: Place) => [{ kind: 'consume' as const, place: where, ...bounds }, reject];
    return [
      {
        advance: NO_TIME,
        steps: [{ kind: 'publish' as const, place: first, messages, ...how }, ...die(first)],
      },
      { advance: { kind: 'by' as const, durationMs: 1_000 }, steps: die(second) },
      {
        advance: NO_TIME,
        steps: [{ kind: 'deadLetterJob' as const, action: 'redrive', place: second, ...all }],
      },
      {
        advance: NO_TIME,
        steps: [{ kind: 'deadLetterJob' as const, action, place: first, ...all }],
      },
    ];
  });

export const group: fc.Arbitrary<ProgramGroup> = fc.record({
  advance,
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
});

const scene: fc.Arbitrary<ProgramGroup[]> = fc.oneof(
  { weight: 14, arbitrary: group.map((only) => [only]) },
  windowScene,
  leaseScene,
  deleteScene,
  chainScene,
);

export const program: fc.Arbitrary<Program> = fc
  .tuple(setup, fc.array(scene, { minLength: 1, maxLength: 18, size: 'max' }))
  .map(([first, others]) => [first, ...others.flat()]);

/** Steps at a single time, for programs that are cut into commit groups in several ways. */
export const stillProgram: fc.Arbitrary<Program> = fc
  .tuple(setup, fc.array(step, { minLength: 2, maxLength: 40, size: 'max' }))
  .map(([first, steps]) => [first, { advance: NO_TIME, steps }]);
