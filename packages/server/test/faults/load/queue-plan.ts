import type { CreateRequest, UpdateRequest } from '../ledger/ledger-events.js';
import type { SeededRandom } from './seeded-random.js';

export interface QueuePlan {
  readonly settings: readonly CreateRequest[];
  /** Publishers use these; a dead-letter queue is only consumed. */
  readonly publishTo: readonly string[];
  readonly all: readonly string[];
  /** The workload consumes from these: messages in the others stay until the drain. */
  readonly consumeFrom: readonly string[];
  /** Gets messages before the load, which then leaves it alone. */
  readonly resting: string;
  /** Changes of settings, of one queue each, that do not affect any promise of this plan. */
  readonly changeable: readonly ((random: SeededRandom) => readonly UpdateRequest[])[];
  /** The FIFO queues, which keep order within the message groups of the plan. */
  readonly fifo: readonly string[];
  /** No lease of this workload is longer. */
  readonly longestVisibilityMs: number;
}

/** So many retries that no run uses them up: a message missing from such a queue is lost. */
const NEVER_DEAD = 1_000;

/** Enough that a message group which waits for a slow consumer does not hold up the run. */
export const GROUP_IDS = Array.from({ length: 12 }, (_, index) => `group ${index}`);

/**
 * One queue for each fate of a message: never a dead letter; a dead letter kept in the queue, by
 * failures of any kind or by nacks alone; and one moved to another queue, where the drain finds it
 * again, or to a third queue when settings change. Two of them are FIFO queues. One is left alone until
 * the drain.
 */
export function planQueues(prefix: string, longestVisibilityMs: number): QueuePlan {
  const visibilityTimeoutMs = longestVisibilityMs;
  const name = (suffix: string) => `${prefix}-${suffix}`;
  const settings: CreateRequest[] = [
    { queue: name('steady-1'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('steady-2'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('brittle'), maxRetries: 2, visibilityTimeoutMs },
    { queue: name('patient'), maxRetries: 1, maxExpiredLeases: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('parked-dead'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('parked-dead-2'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    {
      queue: name('parked'),
      maxRetries: 1,
      visibilityTimeoutMs,
      deadLetterQueue: name('parked-dead'),
    },
    { queue: name('resting'), maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('ordered'), type: 'fifo', maxRetries: NEVER_DEAD, visibilityTimeoutMs },
    { queue: name('ordered-brittle'), type: 'fifo', maxRetries: 2, visibilityTimeoutMs },
  ];
  const all = settings.map((setting) => setting.queue);
  const resting = name('resting');
  const consumeFrom = all.filter((queue) => queue !== resting);
  const deadLetterQueues = [name('parked-dead'), name('parked-dead-2')];
  const publishTo = consumeFrom.filter((queue) => !deadLetterQueues.includes(queue));
  const visibility = (suffix: string, random: SeededRandom): UpdateRequest => ({
    queue: name(suffix),
    visibilityTimeoutMs: random.integer(1_000, longestVisibilityMs),
  });
  const retries = (suffix: string, random: SeededRandom): UpdateRequest => ({
    queue: name(suffix),
    maxRetries: random.integer(1, 4),
  });
  const changeable: QueuePlan['changeable'] = [
    (random) => [visibility('steady-2', random)],
    (random) => [visibility('brittle', random), retries('brittle', random)],
    (random) => [visibility('ordered-brittle', random), retries('ordered-brittle', random)],
    (random) => [
      retries('parked', random),
      { queue: name('parked'), deadLetterQueue: random.pick(deadLetterQueues) },
    ],
  ];
  const fifo = settings.filter(({ type }) => type === 'fifo').map(({ queue }) => queue);
  return { settings, publishTo, all, consumeFrom, resting, changeable, fifo, longestVisibilityMs };
}
