import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ownMicros } from './cpu-time.js';
import type { Usage } from './usage.js';

/** Named by thread-names.cjs. */
const WRITER = 'writer-thread';

/** The counters of a Node process; none where there is no /proc. */
export function processUsage(pid: number): Usage {
  if (!existsSync(`/proc/${pid}/stat`)) return {};
  const writer = readdirSync(`/proc/${pid}/task`).find(
    (task) => nameOf(`/proc/${pid}/task/${task}`) === WRITER,
  );
  return {
    mainMicros: ownMicros(`/proc/${pid}/task/${pid}`),
    ...(writer !== undefined && { writerMicros: ownMicros(`/proc/${pid}/task/${writer}`) }),
    processMicros: ownMicros(`/proc/${pid}`),
    writtenBytes: Number(/^write_bytes: (\d+)$/m.exec(read(`/proc/${pid}/io`))?.[1]),
  };
}

export const nameOf = (folder: string): string => read(`${folder}/comm`).trim();

const read = (file: string): string => readFileSync(file, 'utf8');
