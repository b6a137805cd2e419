import { inspect, isDeepStrictEqual } from 'node:util';
import type { Accepted, Command, Outcome } from '#server/core/commands/commands';
import type { QueueRow } from '#server/core/queue/queue-entry';
import type { Refusal } from '#server/core/refusal';
import type {
  MessagePage,
  PeekState,
  QueueWithCounts,
  SeenMessage,
  Store,
} from '#server/core/store/store';
import type { FakeClock } from '../harness/fake-clock.js';
import { QUEUE_NAMES } from './commands.js';
import { messageIdOf } from './message-ids.js';
import type { Plan, PlannedGroup } from './plan.js';

/**
 * The effects of a plan on a store: everything visible through the port, one commit group after the
 * other.
 */
export type Trace = readonly TraceStep[];

export interface TraceStep {
  readonly nowMs: number;
  readonly outcomes: readonly Outcome[];
  readonly nextDueAtMs: number | null;
  readonly queues: readonly QueueWithCounts[];
  /** The same facts from the other reads, and those that do not belong to queues. */
  readonly others: unknown;
}

/** Runs a plan that starts now. It replaces the store's listener. */
export async function runPlan(store: Store, clock: FakeClock, plan: Plan): Promise<Trace> {
  if (clock.nowMs() !== plan.startMs) throw new Error('the plan was made for another time');
  let nextDueAtMs: number | null = null;
  store.listen({
    ready: () => {},
    nextDue: (atMs) => {
      nextDueAtMs = atMs;
    },
    failed: (cause) => {
      throw cause;
    },
  });
  const trace: TraceStep[] = [];
  for (const { advanceMs, commands } of plan.groups) {
    clock.advance(advanceMs);
    const outcomes = await finishJobs(store, await store.apply(commands));
    await removeExpired(store);
    const seen = await look(store, plan, trace.length);
    trace.push({ nowMs: clock.nowMs(), outcomes, nextDueAtMs, ...seen });
  }
  return trace;
}

/** A store may do a job in steps; to its clients it is done when it is finished. */
async function finishJobs(store: Store, outcomes: readonly Outcome[]): Promise<Outcome[]> {
  const finished: Outcome[] = [];
  for (const outcome of outcomes) {
    let last = outcome;
    while (isUnfinished(last)) {
      const [step] = await store.apply([{ kind: 'stepJob', jobId: last.jobId as string }]);
      last = { ...last, ...(step as Accepted<'stepJob'>), replayed: last.replayed } as Outcome;
    }
    finished.push(last);
  }
  return finished;
}

/**
 * A store may remove a message past its retention before it must: PostgreSQL removes those that a consume
 * has locked, SQLite those that it has come to. After each commit group all of them are gone.
 */
async function removeExpired(store: Store): Promise<void> {
  let afterQueueId: number | null = 0;
  while (afterQueueId !== null) {
    const command = { kind: 'expire', afterQueueId, limit: 1_000_000 } as const;
    const [outcome] = await store.apply([command]);
    afterQueueId = (outcome as Accepted<'expire'>).nextQueueId;
  }
}

const isUnfinished = (outcome: Outcome): outcome is Accepted<'deadLetterJob'> =>
  outcome.ok && 'jobId' in outcome && !outcome.finished && outcome.jobId !== null;

const PEEKED: readonly (PeekState | null)[] = [null, 'available', 'leased', 'delayed'];

/** Everything visible of the messages of one queue, page by page. */
async function lookAtMessages(store: Store, plan: Plan, round: number) {
  const [project, queue] = positionOf(plan, round);
  // Pages end at their limit or, occasionally, at their byte limit.
  const bounds = { limit: 1 + (round % 3), maxBytes: round % 5 === 0 ? 1 : 1_000_000 };
  const state = PEEKED[round % PEEKED.length] as PeekState | null;
  const known = plan.groups
    .flatMap(({ commands }) => commands)
    .flatMap((command) => (command.kind === 'publish' ? command.messages : []));
  const messageId = known[round % known.length]?.messageId ?? 'no-id-of-ours';
  const [peeked, dead, message, jobs] = await Promise.all([
    allPages(bounds.limit, (after) =>
      store.read({ kind: 'peek', project, queue, state, after, ...bounds }),
    ),
    allPages(bounds.limit, (after) =>
      store.read({ kind: 'deadLetters', project, queue, after, ...bounds }),
    ),
    store.read({ kind: 'message', project, queue, messageId }),
    store.read({ kind: 'unfinishedJobs', limit: 100 }),
  ]);
  return { peeked: peeked && inOneOrder(peeked as SeenMessage[]), dead, message, jobs };
}

async function allPages<T>(
  limit: number,
  read: (after: string | null) => Promise<MessagePage<T> | null>,
): Promise<T[] | null> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: MessagePage<T> | null = await read(after);
    if (page === null) return null;
    if (page.items.length === 0 && after !== null) throw new Error('a cursor led to an empty page');
    if (page.items.length > limit) throw new Error('a page is longer than its limit');
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** Leases and delays that end at the same time may be in any order. */
function inOneOrder(seen: readonly SeenMessage[]): SeenMessage[] {
  const rank = ({ state }: SeenMessage): number => PEEKED.indexOf(state as PeekState);
  const isTie = (a: SeenMessage, b: SeenMessage): boolean =>
    a.state === b.state && a.state !== 'available' && a.dueAtMs === b.dueAtMs;
  const sorted = [...seen];
  // Only neighbours are swapped, so that any other disorder remains visible.
  for (let end = sorted.length; end > 0; end -= 1) {
    for (let at = 1; at < end; at += 1) {
      const [a, b] = [sorted[at - 1], sorted[at]] as [SeenMessage, SeenMessage];
      if (rank(a) === rank(b) && isTie(a, b) && a.messageId > b.messageId) {
        [sorted[at - 1], sorted[at]] = [b, a];
      }
    }
  }
  return sorted;
}

const positionOf = (plan: Plan, round: number): [project: string, queue: string] => [
  plan.projects[round % plan.projects.length] as string,
  QUEUE_NAMES[round % QUEUE_NAMES.length] as string,
];

async function look(store: Store, plan: Plan, round: number) {
  const lists = plan.projects.map((project) =>
    store.read({ kind: 'listQueues', project, after: null, prefix: '', limit: 100, counts: true }),
  );
  // One of the smaller reads per round is enough, over many rounds.
  const [project, queue] = positionOf(plan, round);
  const page = { project, after: queue.slice(0, 4), prefix: queue[0] as string, limit: 1 };
  const messages = lookAtMessages(store, plan, plan.groups.length + round);
  const [seen, stats, row, names, keys, key, ...queues] = await Promise.all([
    messages,
    store.read({ kind: 'stats', project, queue }),
    store.read({ kind: 'getQueue', project, queue }),
    store.read({ kind: 'listQueues', ...page, counts: false }),
    store.read({ kind: 'listKeys', after: messageIdOf(plan.startMs, 0), limit: 100 }),
    store.read({ kind: 'findKeys', secretHashes: [`hash of ${plan.run}`] }),
    ...lists,
  ]);
  const ownKeys = keys.filter((other) => plan.projects.includes(other.project));
  return {
    queues: queues.flat() as QueueWithCounts[],
    others: { seen, stats, row, names, ownKeys, key },
  };
}

/** Describes the first difference between two stores that ran a plan; undefined when there is none. */
export function firstDifference(plan: Plan, actual: Trace, expected: Trace): string | undefined {
  for (const [index, group] of plan.groups.entries()) {
    const [left, right] = [inTime(group, actual[index], expected[index]), expected[index]].map(
      comparable,
    ) as [ReturnType<typeof comparable>, ReturnType<typeof comparable>];
    if (!isDeepStrictEqual(left, right)) return describeDifference(index, group, left, right);
  }
  return undefined;
}

/**
 * A store may report an earlier due time than the real one, which costs a look, but never a later one.
 */
function inTime(
  { commands }: PlannedGroup,
  actual: TraceStep | undefined,
  expected: TraceStep | undefined,
): TraceStep | undefined {
  if (actual === undefined || expected === undefined) return actual;
  const outcomes = actual.outcomes.map((outcome, at) =>
    maintained(commands[at], outcome, expected.outcomes[at]),
  );
  return {
    ...actual,
    outcomes,
    nextDueAtMs: noLater(actual.nextDueAtMs, expected.nextDueAtMs),
  };
}

const noLater = (actual: number | null, expected: number | null): number | null =>
  expected === null || (actual ?? Infinity) <= expected ? expected : actual;

/** The amount left to sweep is an internal matter of each store. */
function maintained(
  command: Command | undefined,
  actual: Outcome,
  expected: Outcome | undefined,
): Outcome {
  if (!actual.ok || !expected?.ok) return actual;
  if (command?.kind === 'sweepDiscarded') return expected;
  if (command?.kind !== 'expire') return actual;
  const [is, shouldBe] = [actual, expected] as [Accepted<'expire'>, Accepted<'expire'>];
  return { ...is, ends: earliest(is.ends) <= earliest(shouldBe.ends) ? shouldBe.ends : is.ends };
}

const earliest = (ends: readonly { readonly atMs: number }[]): number =>
  Math.min(Number.POSITIVE_INFINITY, ...ends.map(({ atMs }) => atMs));

function describeDifference(
  index: number,
  group: PlannedGroup,
  actual: Record<string, unknown>,
  expected: Record<string, unknown>,
): string {
  const lines = [`group ${index}, after ${group.advanceMs} ms:`];
  for (const part of Object.keys(expected)) {
    if (isDeepStrictEqual(actual[part], expected[part])) continue;
    const [left, right] = [asList(actual[part]), asList(expected[part])];
    for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
      if (isDeepStrictEqual(left[at], right[at])) continue;
      if (part === 'outcomes') lines.push(`command ${at}: ${show(group.commands[at])}`);
      lines.push(`${part}[${at}] is       ${show(left[at])}`);
      lines.push(`${part}[${at}] should be ${show(right[at])}`);
      break;
    }
  }
  return lines.join('\n');
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const show = (value: unknown): string => inspect(value, { depth: 6, breakLength: 160 });

/** Only the codes of refusals count, and queues are compared without the ids that each store assigns. */
function comparable(step: TraceStep | undefined): Record<string, unknown> {
  return withoutWords(step) as Record<string, unknown>;
}

function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (value === null || typeof value !== 'object') return value;
  if ('ok' in value && value.ok === false) {
    return { ok: false, code: (value as unknown as Refusal).code };
  }
  if ('createdAtMs' in value && 'maxRetries' in value) {
    const { id: _id, ...row } = value as unknown as QueueRow;
    return row;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withoutWords(member)]),
  );
}

/**
 * Outcomes and counts with names, ids and times relative to the start of their run, so that two runs of
 * the same program can be compared.
 */
export function relativeTo(plan: Plan, value: unknown): unknown {
  // The tail of an id is its number within the run.
  const rename = (text: string): string =>
    /^[0-9a-f]{8}-/.test(text) ? `id ${text.slice(-12)}` : text.replaceAll(plan.run, 'run');
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return rename(part);
    if (typeof part === 'number') return part >= plan.startMs ? part - plan.startMs : part;
    if (Array.isArray(part)) return part.map(walk);
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, walk(member)]));
  };
  return walk(withoutWords(value));
}
