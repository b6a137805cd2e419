import { setTimeout as sleep } from 'node:timers/promises';

/** Waits. @returns whether the whole time passed: false when the signal cut it short */
export async function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
    return true;
  } catch (error) {
    if (signal?.aborted === true) return false;
    throw error;
  }
}
