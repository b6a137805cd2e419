import { forkChild, nextMessage } from '../../servers/child-process.js';
import type { MillraceAddress } from '../../servers/server-process.js';

/** Overviews that stay open in a process of their own, as plain data. */
export interface ConsolesJob extends MillraceAddress {
  count: number;
  /** How many queues the project has, which decides how often the list is read. */
  queueCount: number;
  visible: readonly string[];
}

export interface ConsolesReport {
  calls: number;
  /** What the process used of a core. Its machine is that of the server here, but nowhere else. */
  cpuShare: number;
  failure?: string;
}

const NAME = 'the process of the consoles';

/** @returns a function that closes them, and throws if a call of theirs failed */
export async function openConsoles(job: ConsolesJob): Promise<() => Promise<ConsolesReport>> {
  const child = forkChild(new URL('./open-consoles-child.ts', import.meta.url));
  child.send(job);
  await nextMessage(child, NAME);
  return async () => {
    const reported = nextMessage<ConsolesReport>(child, NAME);
    child.send('close');
    const report = await reported;
    if (report.failure !== undefined)
      throw new Error(`a call of a console failed: ${report.failure}`);
    return report;
  };
}
