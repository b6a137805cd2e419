/**
 * The states of a subscription's worker:
 *
 * | state    | the worker                                                    |
 * | -------- | ------------------------------------------------------------- |
 * | created  | has not begun                                                 |
 * | held     | may lease nothing now: its slots are taken, the breaker is    |
 * |          | open, the pace is slow, a command was refused, or the secret  |
 * |          | cannot be opened                                              |
 * | waiting  | waits for messages among other callers, and leases them       |
 * | gone     | has received a 410: the receiver no longer exists             |
 * | stopping | begins nothing more, and waits for pushes under way           |
 *
 * Pushes under way finish in any state.
 */
export type WorkerState = 'created' | 'held' | 'waiting' | 'gone' | 'stopping';

/** `mayLease`, `mayNotLease`: whether something holds the worker back when it checks. */
export type WorkerEvent =
  | 'started'
  | 'mayLease'
  | 'mayNotLease'
  | 'receiverGone'
  | 'updated'
  | 'pauseFailed'
  | 'stopped';

type Row = { readonly [Event in WorkerEvent]?: WorkerState };

/** Events that are not listed leave the state as it is. */
const TRANSITIONS: { readonly [State in WorkerState]: Row } = {
  created: { started: 'held', stopped: 'stopping' },
  held: { mayLease: 'waiting', receiverGone: 'gone', stopped: 'stopping' },
  waiting: { mayNotLease: 'held', receiverGone: 'gone', stopped: 'stopping' },
  // Nothing is leased until the subscription was read again, or could not be paused.
  gone: { updated: 'held', pauseFailed: 'held', stopped: 'stopping' },
  stopping: {},
};

export const afterEvent = (state: WorkerState, event: WorkerEvent): WorkerState =>
  TRANSITIONS[state][event] ?? state;
