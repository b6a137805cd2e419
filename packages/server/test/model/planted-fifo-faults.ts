import type { Command, Outcome } from '#server/core/commands/commands';
import type { ModelMessage, ModelState } from './store/model-state.js';

type Run = () => Outcome[];
type Sabotage = (state: ModelState, command: Command, run: Run) => Outcome[];

/** Faults of FIFO queues, each applied around one command of a correct model. */
const FAULTS = {
  'a withdrawn lease counts a failure': (state, command, run) => {
    const named = namesOf(command);
    const leased = leasedInFifo(state);
    const outcomes = run();
    for (const message of leased) {
      const returned = message.state === 'available' && message.leaseEnd === 'returned';
      if (returned && !named.has(message.messageId)) message.expiredLeases += 1;
    }
    return outcomes;
  },
  'later leases are kept when a message is requeued': (state, command, run) => {
    const named = namesOf(command);
    const before = leasedInFifo(state).map((message) => ({ message, copy: { ...message } }));
    const outcomes = run();
    for (const { message, copy } of before) {
      if (named.has(message.messageId) || message.leaseEnd !== 'returned') continue;
      if (message.queue === copy.queue) Object.assign(message, copy);
    }
    return outcomes;
  },
  'an ack withdraws the later leases': (state, command, run) => {
    const before = command.kind === 'ack' ? leasedInFifo(state) : [];
    const outcomes = run();
    const acked = before.filter((message) => !state.messages.includes(message));
    for (const message of before) {
      const follows = acked.some(
        (gone) => gone.place < message.place && isSameGroup(gone, message),
      );
      if (!follows || message.state !== 'leased') continue;
      Object.assign(message, { state: 'available', dueAtMs: null, leaseEnd: 'returned' });
    }
    return outcomes;
  },
  'a withdrawn receipt still acks': (state, command, run) => {
    const named = namesOf(command);
    const leased = leasedInFifo(state);
    const outcomes = run();
    for (const message of leased) {
      if (!named.has(message.messageId) && message.state === 'available') {
        message.leaseEnd = 'expired';
      }
    }
    return outcomes;
  },
  'a blocked message group is delivered': (state, command, run) => {
    if (command.kind !== 'consume') return run();
    const fifo = state.queues.filter(({ type }) => type === 'fifo');
    for (const queue of fifo) queue.type = 'standard';
    const outcomes = run();
    for (const queue of fifo) queue.type = 'fifo';
    return outcomes;
  },
  'a delay does not block its message group': (state, command, run) => {
    if (command.kind !== 'consume') return run();
    return without(state, run, (message) => isFifo(message) && message.state === 'delayed');
  },
  'message groups wait for each other': (state, command, run) => {
    if (command.kind !== 'consume') return run();
    const held = state.messages.filter(({ state: now }) => now === 'leased' || now === 'delayed');
    return without(state, run, (message) =>
      held.some(({ queue }) => queue === message.queue && isFifo(message)),
    );
  },
  'a dead letter does not free its message group': (state, command, run) => {
    if (command.kind !== 'consume') return run();
    const dead = state.messages.filter(({ state: now }) => now === 'dead');
    return without(state, run, (message) =>
      dead.some(
        ({ source, groupId }) =>
          source === message.queue && groupId === message.groupId && isFifo(message),
      ),
    );
  },
  'messages without a message group do not wait for each other': (state, _command, run) => {
    const lone = state.messages.filter((message) => isFifo(message) && message.groupId === null);
    const rename = (message: object, groupId: string | null) => Object.assign(message, { groupId });
    for (const message of lone) rename(message, message.messageId);
    const outcomes = run();
    for (const message of lone) rename(message, null);
    for (const message of consumed(outcomes)) {
      if (message.groupId === message.messageId) rename(message, null);
    }
    return outcomes;
  },
  'a lease that ran out behind a leased message counts a failure': (state, _command, run) => {
    const before = leasedInFifo(state).map((message) => ({ message, was: message.expiredLeases }));
    const outcomes = run();
    for (const { message, was } of before) {
      const isFree = message.state === 'available' && message.leaseEnd === 'expired';
      if (isFree && message.expiredLeases === was) message.expiredLeases += 1;
    }
    return outcomes;
  },
  'deduplication ends with the ack': (state, _command, run) => {
    const outcomes = run();
    const alive = new Set(state.messages.map(({ messageId }) => messageId));
    state.publishes = state.publishes.filter(({ messageId }) => alive.has(messageId));
    return outcomes;
  },
  'deduplication ends with a purge': (state, command, run) => {
    const outcomes = run();
    if (command.kind !== 'purgeQueue') return outcomes;
    const emptied = state.queues.find(
      ({ project, name }) => project === command.project && name === command.queue,
    );
    state.publishes = state.publishes.filter(({ queueId }) => queueId !== emptied?.id);
    return outcomes;
  },
  'deduplication ends a millisecond late': (state, _command, run) => {
    const known = [...state.publishes];
    for (const publish of known) publish.atMs += 1;
    const outcomes = run();
    for (const publish of known) publish.atMs -= 1;
    return outcomes;
  },
} satisfies Record<string, Sabotage>;

export type FifoFaultName = keyof typeof FAULTS;
export const FIFO_FAULTS = Object.keys(FAULTS) as FifoFaultName[];

export const isFifoFault = (name: string): name is FifoFaultName => name in FAULTS;

export const sabotageFifo = (
  name: FifoFaultName,
  state: ModelState,
  command: Command,
  run: Run,
): Outcome[] => (FAULTS[name] as Sabotage)(state, command, run);

const isFifo = ({ queue }: ModelMessage): boolean => queue.type === 'fifo';

const isSameGroup = (a: ModelMessage, b: ModelMessage): boolean =>
  a.queue === b.queue && a.groupId === b.groupId;

const leasedInFifo = (state: ModelState): ModelMessage[] =>
  state.messages.filter((message) => isFifo(message) && message.state === 'leased');

/** The messages that a command names itself. */
function namesOf(command: Command): Set<string> {
  if ('entries' in command) return new Set(command.entries.map(({ messageId }) => messageId));
  return new Set(command.kind === 'extend' ? [command.messageId] : []);
}

/** Runs while some messages are hidden. */
function without(
  state: ModelState,
  run: Run,
  hidden: (message: ModelMessage) => boolean,
): Outcome[] {
  const gone = state.messages.filter(hidden);
  state.messages = state.messages.filter((message) => !gone.includes(message));
  const outcomes = run();
  state.messages.push(...gone);
  return outcomes;
}

const consumed = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((outcome) => (outcome.ok && 'messages' in outcome ? outcome.messages : []));
