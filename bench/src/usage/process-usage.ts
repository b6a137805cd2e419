import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Usage } from './usage.js';

/** The kernel counts CPU time in hundredths of a second for every program. */
const MICROS_PER_TICK = 10_000;
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

/** CPU time of the parent of a process, of its ended children and of the running ones. */
export function familyMicros(childPid: number): number {
  const parent = fieldsOf(`/proc/${childPid}`)[1] as number;
  const children = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => tryFieldsOf(`/proc/${pid}`))
    .filter((fields) => fields?.[1] === parent);
  const [, , , , , , , , , , , user = 0, system = 0, endedUser = 0, endedSystem = 0] = fieldsOf(
    `/proc/${parent}`,
  );
  const running = children.reduce((sum, fields) => sum + ticksOf(fields as number[]), 0);
  return (user + system + endedUser + endedSystem + running) * MICROS_PER_TICK;
}

export const nameOf = (folder: string): string => read(`${folder}/comm`).trim();

const ownMicros = (folder: string): number => ticksOf(fieldsOf(folder)) * MICROS_PER_TICK;

const ticksOf = (fields: readonly number[]): number => (fields[11] ?? 0) + (fields[12] ?? 0);

/** The fields of `stat` after the name, which may contain anything: state, parent, … */
function fieldsOf(folder: string): number[] {
  const stat = read(`${folder}/stat`);
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

function tryFieldsOf(folder: string): number[] | undefined {
  try {
    return fieldsOf(folder);
  } catch {
    // The process has ended since the folder was listed.
    return undefined;
  }
}

const read = (file: string): string => readFileSync(file, 'utf8');
