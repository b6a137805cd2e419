/** How many name lookups may run at once, and how many of those may be for unknown or slow names. */
export interface LookupRoom {
  readonly all: number;
  readonly unknown: number;
}

const NODE_THREADS = 4;
const UNKNOWN_MAX = 2;

/**
 * Node looks up names in half of the threads of its pool. It takes the size of the pool from
 * UV_THREADPOOL_SIZE before our program runs. At least half of the room is kept for names that are
 * known to be quick.
 */
export function lookupRoom(threadPoolSize: string | undefined): LookupRoom {
  const threads = Number.parseInt(threadPoolSize ?? '', 10) || NODE_THREADS;
  const all = Math.max(1, Math.floor((threads + 1) / 2));
  return { all, unknown: Math.max(1, Math.min(UNKNOWN_MAX, Math.floor(all / 2))) };
}
