import fc from 'fast-check';
import type { DeadLetterAction } from '#server/core/queue/message-state';

/**
 * Random steps of a few clients on a few queues. A step refers to the results of earlier steps
 * (messages, deliveries) by index; `plan.ts` turns steps into commands.
 */
export const QUEUE_NAMES = ['dead-2', 'dead-1', 'work', 'other'] as const;
export const PROJECTS_PER_RUN = 2;

export interface Place {
  readonly project: number;
  readonly queue: number;
}

export interface KeyUse {
  readonly key: number;
  readonly fingerprint: number;
  readonly windowMs: number;
}

export interface Settings {
  readonly type: 'standard' | 'fifo';
  /** An index into the names; beyond them it means a queue that does not exist. */
  readonly deadLetterQueue: number | null;
  readonly maxRetries: number;
  readonly maxExpiredLeases: number | null;
  readonly visibilityTimeoutDefaultMs: number;
  readonly enablePriority: boolean;
  readonly messageRetentionDays: number;
}

/** The dead letters that a job selects. */
export type DeadLetterChoice =
  | { readonly of: 'all' }
  | { readonly of: 'one'; readonly index: number }
  | { readonly of: 'any message'; readonly index: number }
  /** From the time at which the nth of them died, or a millisecond beside it. */
  | { readonly of: 'since'; readonly index: number; readonly besideMs: number };

/** A message and a receipt for it, among those delivered or published so far. */
export interface Reference {
  readonly of: 'recent delivery' | 'any delivery' | 'published' | 'unknown';
  readonly index: number;
  readonly receipt: 'given' | 'none' | 'garbage';
}

export interface NackHow {
  readonly requeue: boolean;
  readonly delayMs: number;
  readonly error: string | null;
}

export interface PlannedMessage {
  readonly delayMs: number;
  readonly priority: number;
  readonly payload: string;
  readonly groupId: string | null;
  readonly deduplicationId: string | null;
}

export type Step =
  | { kind: 'createQueue'; place: Place; settings: Partial<Settings>; use: KeyUse | null }
  | {
      kind: 'publish';
      place: Place;
      messages: readonly PlannedMessage[];
      /** A single message may be sent as a batch, too. */
      batch: boolean;
      /** Keeps priorities and delays, which a FIFO queue refuses. */
      forbidden: boolean;
      use: KeyUse | null;
    }
  | {
      kind: 'consume';
      place: Place;
      maxMessages: number;
      visibilityTimeoutMs: number | null;
      maxBytes: number;
      keyId?: string | undefined;
      use: KeyUse | null;
    }
  | {
      kind: 'ack';
      batch: boolean;
      entries: readonly Reference[];
      elsewhere: Place | null;
      use: KeyUse | null;
    }
  | {
      kind: 'nack';
      batch: boolean;
      entries: readonly (Reference & { how: NackHow })[];
      elsewhere: Place | null;
      keyId?: string | undefined;
      use: KeyUse | null;
    }
  | {
      kind: 'extend';
      entry: Reference;
      visibilityTimeoutMs: number;
      elsewhere: Place | null;
      use: KeyUse | null;
    }
  | { kind: 'updateQueue'; place: Place; settings: Partial<Settings>; use: KeyUse | null }
  | { kind: 'deleteQueue' | 'purgeQueue'; place: Place; use: KeyUse | null }
  | {
      kind: 'deadLetterJob';
      action: DeadLetterAction;
      choice: DeadLetterChoice;
      maxMessages: number | null;
      place: Place;
      use: KeyUse | null;
    }
  | { kind: 'stepJob'; index: number }
  | { kind: 'settleDue' | 'sweepDiscarded' | 'expire' }
  | { kind: 'createKey'; project: number; use: KeyUse | null }
  | { kind: 'revokeKey'; project: number; index: number; use: KeyUse | null };

/** How the time moves before a commit group. */
export type Advance =
  | { kind: 'none' }
  | { kind: 'by'; durationMs: number }
  /** To the nth time at which a lease or a delay ends, or a millisecond beside it. */
  | { kind: 'to due'; index: number; besideMs: number }
  /** The same for the nth end of a retention, or of a deduplication window. */
  | { kind: 'to retention' | 'to window'; index: number; besideMs: number };

export interface ProgramGroup {
  readonly advance: Advance;
  readonly steps: readonly Step[];
}

export type Program = readonly ProgramGroup[];

export const place: fc.Arbitrary<Place> = fc.record({
  // Most steps are in one project, on the queue with the longest chain of dead-letter queues.
  project: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(PROJECTS_PER_RUN - 1)),
  queue: fc.oneof({ weight: 2, arbitrary: fc.constant(2) }, fc.nat(QUEUE_NAMES.length - 1)),
});

const use: fc.Arbitrary<KeyUse | null> = fc.option(
  fc.record({
    key: fc.nat(2),
    fingerprint: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.constant(1)),
    windowMs: fc.constantFrom(1_000, 86_400_000),
  }),
  { freq: 2 },
);

const settings: fc.Arbitrary<Partial<Settings>> = fc.record(
  {
    deadLetterQueue: fc.option(fc.nat(QUEUE_NAMES.length), { freq: 3 }),
    maxRetries: fc.nat(2),
    maxExpiredLeases: fc.option(fc.nat(2), { freq: 3 }),
    visibilityTimeoutDefaultMs: fc.constantFrom(1_000, 2_000, 5_000),
    enablePriority: fc.boolean(),
    messageRetentionDays: fc.constantFrom(1, 2),
  },
  { requiredKeys: [] },
);

/** A type other than the queue's own is refused, and so are priorities in a FIFO queue. */
const update: fc.Arbitrary<Partial<Settings>> = fc
  .tuple(settings, fc.constantFrom(undefined, undefined, 'standard' as const, 'fifo' as const))
  .map(([given, type]) => (type === undefined ? given : { ...given, type }));

/** Most settings of new queues are allowed. */
export const newSettings: fc.Arbitrary<Partial<Settings>> = fc
  .tuple(
    settings,
    fc.constantFrom('standard' as const, 'standard' as const, 'fifo' as const),
    fc.nat(7),
  )
  .map(([given, type, luck]) => {
    if (type === 'standard') return given;
    return { ...given, type, ...(luck > 0 ? { enablePriority: false } : {}) };
  });

const choice: fc.Arbitrary<DeadLetterChoice> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ of: 'all' as const }) },
  { weight: 2, arbitrary: fc.record({ of: fc.constant('one' as const), index: fc.nat(5) }) },
  fc.record({ of: fc.constant('any message' as const), index: fc.nat(30) }),
  {
    weight: 2,
    arbitrary: fc.record({
      of: fc.constant('since' as const),
      index: fc.nat(5),
      besideMs: fc.constantFrom(-1, 0, 1),
    }),
  },
);

const keyId = fc.constantFrom('key-a', 'key-b', undefined);

export const message = fc.record({
  delayMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 1_000, 60_000)),
  priority: fc.oneof(fc.constant(0), fc.nat(9)),
  payload: fc.constantFrom(
    'null',
    '"é"',
    '{"a":1,"a":2}',
    '123456789012345678901234567890',
    ' [ ] ',
  ),
  groupId: fc.constantFrom('a', 'b', null),
  // One of them is also an idempotency key.
  deduplicationId: fc.constantFrom(null, null, null, 'd1', 'd2', 'key 0'),
});

const reference: fc.Arbitrary<Reference> = fc.record({
  of: fc.oneof(
    { weight: 6, arbitrary: fc.constant('recent delivery' as const) },
    { weight: 4, arbitrary: fc.constant('any delivery' as const) },
    fc.constantFrom('published' as const, 'unknown' as const),
  ),
  index: fc.nat(30),
  receipt: fc.oneof(
    { weight: 5, arbitrary: fc.constant('given' as const) },
    { weight: 3, arbitrary: fc.constant('none' as const) },
    fc.constant('garbage' as const),
  ),
});

const nackEntry = fc
  .tuple(
    reference,
    fc.record({
      requeue: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      delayMs: fc.oneof(fc.constant(0), fc.constantFrom(1, 1_000, 4_000)),
      error: fc.option(fc.constantFrom('boom', '')),
    }),
  )
  .map(([entry, how]) => ({ ...entry, how }));

/** One entry, or a batch; batches may be empty and may repeat messages. */
const entriesOf = <T>(entry: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 2, arbitrary: entry.map((only) => ({ batch: false, entries: [only] })) },
    fc.array(entry, { maxLength: 5 }).map((entries) => ({ batch: true, entries })),
  );

const elsewhere = fc.option(place, { freq: 8 });

const createQueue = fc.record({
  kind: fc.constant('createQueue' as const),
  place,
  settings: newSettings,
  use,
});

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: createQueue },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      place,
      messages: fc.oneof(fc.tuple(message), fc.array(message, { maxLength: 4 })),
      batch: fc.boolean(),
      forbidden: fc.integer({ min: 0, max: 9 }).map((luck) => luck === 0),
      use,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('consume' as const),
      place,
      maxMessages: fc.constantFrom(1, 1, 2, 3, 10),
      visibilityTimeoutMs: fc.option(fc.constantFrom(1_000, 3_000, 43_200_000)),
      maxBytes: fc.constantFrom(1, 1_500, 1_000_000, 1_000_000, 1_000_000),
      keyId,
      use,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(entriesOf(reference), elsewhere, use).map(([entries, where, key]) => ({
      kind: 'ack' as const,
      ...entries,
      elsewhere: where,
      use: key,
    })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(entriesOf(nackEntry), elsewhere, use, keyId)
      .map(([entries, where, key, by]) => ({
        kind: 'nack' as const,
        ...entries,
        ...(by === undefined ? {} : { keyId: by }),
        elsewhere: where,
        use: key,
      })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('extend' as const),
      entry: reference,
      visibilityTimeoutMs: fc.constantFrom(0, 0, 1_000, 10_000, 43_199_999, 43_200_000),
      elsewhere,
      use,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('updateQueue' as const),
      place,
      settings: update,
      use,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('deleteQueue' as const, 'purgeQueue' as const),
      place,
      use,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('deadLetterJob' as const),
      action: fc.constantFrom('redrive' as const, 'redrive' as const, 'purge' as const),
      choice,
      maxMessages: fc.option(fc.constantFrom(1, 2), { freq: 2 }),
      place,
      use,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant('stepJob' as const), index: fc.nat(3) }),
      fc.record({ kind: fc.constantFrom('settleDue', 'sweepDiscarded', 'expire', 'expire') }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant('createKey' as const), project: fc.nat(1), use }),
      fc.record({
        kind: fc.constant('revokeKey' as const),
        project: fc.nat(1),
        index: fc.nat(3),
        use,
      }),
    ),
  },
);
