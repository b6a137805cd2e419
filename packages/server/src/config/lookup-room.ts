/** How many lookups of names run at once, and how many of them may be of unknown or slow names. */
export interface LookupRoom {
  readonly all: number;
  readonly unknown: number;
}

const NODE_THREADS = 4;
const UNKNOWN_MAX = 2;

/**
 * Node looks up names in half of the threads of its pool, whose size it takes from this variable
 * before any program of ours runs. Names that are known to be quick keep half of the room and more.
 */
export function lookupRoom(threadPoolSize: string | undefined): LookupRoom {
  const threads = Number.parseInt(threadPoolSize ?? '', 10) || NODE_THREADS;
  const all = Math.max(1, Math.floor((threads + 1) / 2));
  return { all, unknown: Math.max(1, Math.min(UNKNOWN_MAX, Math.floor(all / 2))) };
}
