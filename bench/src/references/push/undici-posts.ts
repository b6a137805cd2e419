import { runLoadChild } from '../../load/load-process.js';
import type { LoadResult, TallyLimits } from '../../load/load-tally.js';

export interface UndiciJob extends TallyLimits {
  /** The posts go to these urls in turn. */
  urls: string[];
  headers: Record<string, string>;
  body: string;
  concurrency: number;
}

/** undici alone, in a process that does nothing but post. */
export const runUndiciPosts = (job: UndiciJob): Promise<LoadResult> =>
  runLoadChild(new URL('./undici-posts-child.ts', import.meta.url), job);
