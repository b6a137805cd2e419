export type WorkerState = 'new' | 'running' | 'paused' | 'stopping' | 'stopped';

/** What a worker waits for before it can do more. */
export type WaitsFor =
  /** start() */
  | 'start'
  /** resume() */
  | 'resume'
  /** A message, in a fetch that waits for one. */
  | 'messages'
  /** One of its handlers to end. */
  | 'handlers'
  /** Answers to its acks. */
  | 'settling'
  /** The server, which does not answer or refuses; see `lastError`. */
  | 'server'
  /** Nothing more will be done. */
  | 'nothing';

export interface WorkerHealth {
  readonly queue: string;
  readonly state: WorkerState;
  readonly waitsFor: WaitsFor;
  /** When the server last answered a fetch, in ISO 8601. */
  readonly lastFetchAt: string | undefined;
  /** Handlers that run. */
  readonly running: number;
  /** Messages whose handlers have ended, and which the server has not confirmed. */
  readonly settling: number;
  /** Calls that failed since the last one that succeeded. */
  readonly failures: number;
  readonly lastError: { readonly code: string; readonly message: string } | undefined;
}

export function waitsFor(now: {
  readonly state: WorkerState;
  readonly failures: number;
  readonly isFetching: boolean;
  /** All handlers run that may. */
  readonly isFull: boolean;
}): WaitsFor {
  if (now.state === 'new') return 'start';
  if (now.state === 'stopped') return 'nothing';
  if (now.failures > 0) return 'server';
  if (now.state === 'paused') return 'resume';
  if (now.isFetching) return 'messages';
  return now.isFull || now.state === 'stopping' ? 'handlers' : 'settling';
}
