/**
 * What the worker of a subscription is doing:
 *
 * | state    | it                                                            |
 * | -------- | ------------------------------------------------------------- |
 * | created  | has not begun                                                 |
 * | held     | may lease nothing now: its slots are taken, the breaker is    |
 * |          | open, the pace is slow, a command was refused, or the secret  |
 * |          | cannot be opened                                              |
 * | waiting  | stands among those who wait for messages, and leases them     |
 * | gone     | heard from the receiver that it is no more (410)              |
 * | stopping | begins nothing more, and waits for what is under way          |
 *
 * Pushes that are under way end in whatever state they meet.
 */
export type WorkerState = 'created' | 'held' | 'waiting' | 'gone' | 'stopping';

/** `mayLease`, `mayNotLease`: what the worker finds when it looks what holds it. */
export type WorkerEvent =
  | 'started'
  | 'mayLease'
  | 'mayNotLease'
  | 'receiverGone'
  | 'updated'
  | 'pauseFailed'
  | 'stopped';

type Row = { readonly [Event in WorkerEvent]?: WorkerState };

/** What is not listed leaves the state as it is. */
const TRANSITIONS: { readonly [State in WorkerState]: Row } = {
  created: { started: 'held', stopped: 'stopping' },
  held: { mayLease: 'waiting', receiverGone: 'gone', stopped: 'stopping' },
  waiting: { mayNotLease: 'held', receiverGone: 'gone', stopped: 'stopping' },
  // Nothing is leased until the subscription was seen again, or could not be paused.
  gone: { updated: 'held', pauseFailed: 'held', stopped: 'stopping' },
  stopping: {},
};

export const afterEvent = (state: WorkerState, event: WorkerEvent): WorkerState =>
  TRANSITIONS[state][event] ?? state;
