import type { Command, Outcome } from './commands.js';
import { overloaded, refuse } from './refusal.js';
import type { Store } from './store.js';

/**
 * Forms groups: the commands that arrive while one group commits make up the next, so that one
 * commit serves all requests in flight. Groups are bounded in commands and in bytes, and so is
 * what waits.
 */
export interface GroupCommit {
  submit<C extends Command>(command: C): Promise<Outcome<C['kind']>>;
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
  maxWaiting: 16_384,
};

/**
 * The order inside a group. None of its commands has seen another's answer, so any order is a fair
 * one; in this one a store can apply commands of a kind together, what settles makes room for what
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
};

interface Waiting {
  readonly command: Command;
  readonly bytes: number;
  readonly resolve: (outcome: Outcome) => void;
}

export function createGroupCommit(store: Store, limits: GroupLimits = GROUP_LIMITS): GroupCommit {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let scheduled = false;
  let stopped = false;
  let idle: (() => void)[] = [];

  const takeGroup = (): Waiting[] => {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && count < limits.maxCommands) {
      bytes += (waiting[count] as Waiting).bytes;
      if (count > 0 && bytes > limits.maxBytes) break;
      count += 1;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group.sort((a, b) => ORDER[a.command.kind] - ORDER[b.command.kind]);
  };

  const run = async (group: readonly Waiting[]): Promise<void> => {
    const outcomes = await applyGroup(store, group);
    underWay -= 1;
    start(true);
    for (let index = 0; index < group.length; index += 1) {
      (group[index] as Waiting).resolve(outcomes[index] as Outcome);
    }
    if (underWay > 0 || waiting.length > 0) return;
    for (const done of idle) done();
    idle = [];
  };

  const start = (atOnce: boolean): void => {
    // While a group is under way, a few commands more wait for others to go with them.
    if (!atOnce && underWay > 0 && waiting.length < store.aheadMin) return;
    while (waiting.length > 0 && underWay < store.groupsUnderWayMax) {
      underWay += 1;
      void run(takeGroup());
    }
  };

  return {
    submit(command) {
      if (stopped || waiting.length >= limits.maxWaiting) {
        return Promise.resolve(overloaded('waiting requests'));
      }
      return new Promise((resolve) => {
        waiting.push({
          command,
          bytes: commandBytes(command),
          resolve: resolve as Waiting['resolve'],
        });
        if (scheduled || underWay >= store.groupsUnderWayMax) return;
        scheduled = true;
        // After this turn of the event loop, so that requests that came in together go together.
        setImmediate(() => {
          scheduled = false;
          start(false);
        });
      });
    },
    async stop() {
      stopped = true;
      if (underWay > 0 || waiting.length > 0) {
        await new Promise<void>((resolve) => idle.push(resolve));
      }
    },
  };
}

async function applyGroup(store: Store, group: readonly Waiting[]): Promise<Outcome[]> {
  try {
    return await store.apply(group.map((entry) => entry.command));
  } catch (error) {
    // A store that rejects has lost the answer of its commit: only a retry can tell.
    const refusal = refuse('OUTCOME_UNKNOWN', 'The answer of the commit was lost.', {
      hint: 'Retry with the same idempotency key, so that nothing is done twice.',
    });
    void error;
    return group.map(() => refusal);
  }
}

function commandBytes(command: Command): number {
  if (command.kind !== 'publish') return 256;
  let bytes = 256;
  for (const message of command.messages) bytes += message.payload.length + 256;
  return bytes;
}
