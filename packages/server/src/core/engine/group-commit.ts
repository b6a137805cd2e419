import { causeOf } from '../fault.js';
import { type Access, ENDLESS_ACCESS } from '../keys/caller.js';
import type { Command, Outcome } from '../queue/commands.js';
import { heldUp, overloaded, refuse, unauthenticated } from '../refusal.js';
import type { CommitGroupFacts, Store } from '../store/store.js';
import { FairQueue } from './fair-queue.js';
import { HeldUpLane, lockKeyOf, PROBE_LOCK_WAIT_MS } from './held-up-lane.js';
import { KeptApart } from './kept-apart.js';

/**
 * Forms commit groups: the commands that arrive while one commit group commits make up the next, so that
 * one commit serves all requests in flight. Groups are bounded in commands and in bytes, and so is what
 * waits; projects take turns in filling them.
 *
 * A command can fail alone: its commit group is then run again one by one, and the commands of its
 * project keep apart from the others' for a while.
 *
 * Or it meets a lock that does not end. Then its commit group is run again queue by queue, and the
 * commands of the queue that is stuck go a way of their own (`HeldUpLane`) until they meet no lock any
 * more.
 */
export interface GroupCommit {
  /** @param access asked as the command joins its commit group: whether its caller may still act */
  submit<C extends Command>(command: C, access?: Access): Promise<Outcome<C['kind']>>;
  /** How many messages publishes have brought so far, those of refused ones too. */
  messagesPublished(): number;
  /** Refuses further commands and waits for those under way. */
  stop(): Promise<void>;
}

export interface GroupLimits {
  readonly maxCommands: number;
  readonly maxBytes: number;
  readonly maxWaiting: number;
}

export const GROUP_LIMITS: GroupLimits = {
  maxCommands: 512,
  maxBytes: 4 * 1024 * 1024,
  maxWaiting: 65_536,
};

/** So long the commands of a project keep apart after one of them has failed by a fault of ours. */
const APART_MS = 30_000;
/** And so long those of a queue after one of them has met a lock. */
const STUCK_MS = 10_000;

/**
 * The order inside a commit group. None of its commands has seen another's answer, so any order is a
 * fair one; in this one a store can apply commands of a kind together, what settles makes room for what
 * is published, and a consume finds what came in with it.
 */
const ORDER: Record<Command['kind'], number> = {
  settleDue: 0,
  expire: 0,
  createQueue: 1,
  updateQueue: 1,
  deleteQueue: 1,
  purgeQueue: 1,
  subscribePush: 1,
  unsubscribePush: 1,
  pausePush: 1,
  createKey: 1,
  revokeKey: 1,
  ack: 2,
  nack: 2,
  extend: 2,
  deadLetterJob: 3,
  stepJob: 3,
  publish: 4,
  consume: 5,
  sealPush: 6,
  sweepDiscarded: 6,
  recordPushes: 6,
  recordAudit: 6,
  recordKeyUse: 6,
};

interface Group extends CommitGroupFacts {
  readonly entries: readonly Waiting[];
}

interface Waiting {
  readonly command: Command;
  readonly project: string;
  readonly bytes: number;
  readonly access: Access;
  readonly resolve: (outcome: Outcome) => void;
}

export function createGroupCommit(store: Store, limits: GroupLimits = GROUP_LIMITS): GroupCommit {
  const waiting = new FairQueue<Waiting>();
  /** Projects whose commands keep apart. */
  const apart = new KeptApart(APART_MS);
  /** Keys of what has met a lock. */
  const stuck = new KeptApart(STUCK_MS);
  const lane = new HeldUpLane<Waiting>();
  let isLaneUnderWay = false;
  let underWay = 0;
  let scheduled = false;
  let stopped = false;
  let messagesPublished = 0;
  let idle: (() => void)[] = [];

  const takeGroup = (): Group => {
    const entries: Waiting[] = [];
    let bytes = 0;
    let keepsApart = false;
    while (waiting.size > 0 && entries.length < limits.maxCommands && !keepsApart) {
      const next = waiting.peek() as Waiting;
      const lockKey = lockKeyOf(next.command);
      if (stuck.has(lockKey)) {
        waiting.shift();
        countPublished(next);
        hold(lockKey, [next]);
        continue;
      }
      keepsApart = apart.has(next.project);
      const isFull = keepsApart || bytes + next.bytes > limits.maxBytes;
      if (entries.length > 0 && isFull)
        return { entries: inOrder(entries), bytes, keepsApart: false };
      waiting.shift();
      if (next.access.ended()) {
        next.resolve(unauthenticated());
        continue;
      }
      bytes += next.bytes;
      countPublished(next);
      entries.push(next);
    }
    return { entries: inOrder(entries), bytes, keepsApart };
  };

  const countPublished = ({ command }: Waiting): void => {
    if (command.kind === 'publish') messagesPublished += command.messages.length;
  };

  const run = async (group: Group): Promise<void> => {
    const { entries } = group;
    const outcomes = await applyCommitGroup(store, group);
    const met = entries.filter((_, index) => isHeldUp(outcomes[index] as Outcome));
    if (met.length > 0) await separate(met);
    underWay -= 1;
    start(true);
    answer(entries, outcomes);
    tellIfIdle();
  };

  /** Answers those that are not to be tried again. */
  const answer = (entries: readonly Waiting[], outcomes: readonly Outcome[]): void => {
    for (let index = 0; index < entries.length; index += 1) {
      const { project, resolve } = entries[index] as Waiting;
      const outcome = outcomes[index] as Outcome;
      if (isHeldUp(outcome)) continue;
      if (!outcome.ok && outcome.code === 'INTERNAL') apart.add(project);
      resolve(outcome);
    }
  };

  /** Some of these have met a lock: each queue for itself shows which, and the others go on at once. */
  const separate = async (entries: readonly Waiting[]): Promise<void> => {
    const byKey = new Map<string, Waiting[]>();
    for (const entry of entries) {
      const key = lockKeyOf(entry.command);
      byKey.set(key, [...(byKey.get(key) ?? []), entry]);
    }
    for (const [key, some] of byKey) {
      let met: readonly Waiting[] = some;
      if (byKey.size > 1 && !stuck.has(key)) {
        const probe = { bytes: bytesOf(some), keepsApart: true, lockWaitMs: PROBE_LOCK_WAIT_MS };
        const outcomes = await applyCommitGroup(store, { entries: some, ...probe });
        met = some.filter((_, index) => isHeldUp(outcomes[index] as Outcome));
        answer(some, outcomes);
      }
      if (met.length === 0) continue;
      stuck.add(key);
      hold(key, met);
    }
  };

  const hold = (key: string, entries: readonly Waiting[]): void => {
    for (const entry of entries) {
      if (!lane.add(key, entry)) entry.resolve(heldUp('too much waits for locks already'));
    }
    if (!isLaneUnderWay) void runLane();
  };

  /** One commit group after the other, until none is held up any more. */
  const runLane = async (): Promise<void> => {
    isLaneUnderWay = true;
    for (;;) {
      for (const { resolve } of lane.takeOver()) resolve(heldUp('a lock was waited for in vain'));
      const group = lane.take();
      if (group === undefined) break;
      const entries = group.held.flatMap(({ entry }) => {
        if (!entry.access.ended()) return entry;
        entry.resolve(unauthenticated());
        return [];
      });
      if (entries.length === 0) continue;
      const outcomes = await applyCommitGroup(store, {
        entries: inOrder(entries),
        bytes: bytesOf(entries),
        keepsApart: true,
        lockWaitMs: group.lockWaitMs,
        isBeside: true,
      });
      const met = new Set(entries.filter((_, index) => isHeldUp(outcomes[index] as Outcome)));
      if (met.size > 0) {
        stuck.add(group.key);
        lane.putBack({ ...group, held: group.held.filter(({ entry }) => met.has(entry)) });
      } else {
        lane.succeeded(group);
        if (!lane.has(group.key)) stuck.delete(group.key);
      }
      answer(entries, outcomes);
    }
    isLaneUnderWay = false;
    tellIfIdle();
  };

  const tellIfIdle = (): void => {
    if (isBusy()) return;
    for (const done of idle) done();
    idle = [];
  };

  const isBusy = (): boolean => underWay > 0 || isLaneUnderWay || waiting.size > 0;

  const start = (atOnce: boolean): void => {
    // While a commit group is under way, a few commands more wait for others to go with them.
    if (!atOnce && underWay > 0 && waiting.size < store.aheadMin) return;
    while (waiting.size > 0 && underWay < store.commitGroupsUnderWayMax) {
      const group = takeGroup();
      if (group.entries.length === 0) {
        tellIfIdle();
        continue;
      }
      underWay += 1;
      void run(group);
    }
  };

  return {
    submit(command, access = ENDLESS_ACCESS) {
      const project = 'project' in command ? command.project : '';
      // As much of what may wait as a project leaves to the others.
      const hasRoom = waiting.sizeOf(project) < limits.maxWaiting - waiting.size;
      if (stopped || !hasRoom) return Promise.resolve(overloaded('waiting requests'));
      return new Promise((resolve) => {
        waiting.push(project, {
          command,
          project,
          bytes: commandBytes(command),
          access,
          resolve: resolve as Waiting['resolve'],
        });
        if (scheduled || underWay >= store.commitGroupsUnderWayMax) return;
        scheduled = true;
        // After this turn of the event loop, so that requests that came in together go together.
        setImmediate(() => {
          scheduled = false;
          start(false);
        });
      });
    },
    messagesPublished: () => messagesPublished,
    async stop() {
      stopped = true;
      if (isBusy()) {
        await new Promise<void>((resolve) => idle.push(resolve));
      }
    },
  };
}

const inOrder = (entries: Waiting[]): Waiting[] =>
  entries.sort((a, b) => ORDER[a.command.kind] - ORDER[b.command.kind]);

const isHeldUp = (outcome: Outcome): boolean => !outcome.ok && outcome.heldUp === true;

const bytesOf = (entries: readonly Waiting[]): number =>
  entries.reduce((sum, { bytes }) => sum + bytes, 0);

async function applyCommitGroup(store: Store, { entries, ...about }: Group): Promise<Outcome[]> {
  const commands = entries.map((entry) => entry.command);
  try {
    return await store.apply(commands, about);
  } catch (error) {
    // A store that rejects has lost the answer of its commit: only a retry can tell.
    const refusal = refuse('OUTCOME_UNKNOWN', 'The answer of the commit was lost.', {
      hint: 'Retry with the same idempotency key, so that nothing is done twice.',
      fault: { cause: causeOf(error) },
    });
    return entries.map(() => refusal);
  }
}

/** What a command holds and what it costs, roughly: what a commit group is bounded by. */
const COMMAND_BYTES = 256;
const ENTRY_BYTES = 256;

function commandBytes(command: Command): number {
  let bytes = COMMAND_BYTES;
  if (command.kind === 'publish') {
    for (const { payload, headers } of command.messages) {
      bytes += ENTRY_BYTES + payload.length + (headers?.length ?? 0);
    }
  } else if (command.kind === 'ack') {
    bytes += ENTRY_BYTES * command.entries.length;
  } else if (command.kind === 'nack') {
    for (const { error } of command.entries) bytes += ENTRY_BYTES + (error?.length ?? 0);
  }
  return bytes;
}
