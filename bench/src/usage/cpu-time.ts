import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second for every program, whatever its own clock does. */
const MICROS_PER_TICK = 10_000;

/** What a line of /proc says of a process or thread. */
export interface ProcessTimes {
  parent: number;
  ownTicks: number;
  /** Its own time, and that of its children that have ended. */
  ticks: number;
}

/** The CPU time of a process or thread in microseconds, by its folder in /proc. */
export const ownMicros = (folder: string): number => readTimes(folder).ownTicks * MICROS_PER_TICK;

export const parentOf = (pid: number): number => readTimes(`/proc/${pid}`).parent;

/** The CPU time that these processes and all their descendants have used, in microseconds. */
export function treeMicros(pids: readonly number[]): number {
  const processes = new Map<number, ProcessTimes>();
  for (const entry of readdirSync('/proc')) {
    const times = /^\d+$/.test(entry) ? tryReadTimes(entry) : undefined;
    if (times) processes.set(Number(entry), times);
  }
  return treeTicks(processes, pids) * MICROS_PER_TICK;
}

/** Each process counts once, also if it is a descendant of another that is named. */
export function treeTicks(
  processes: ReadonlyMap<number, Omit<ProcessTimes, 'ownTicks'>>,
  pids: readonly number[],
): number {
  const counted = new Set<number>(pids);
  for (let size = 0; size < counted.size; ) {
    size = counted.size;
    for (const [pid, { parent }] of processes) if (counted.has(parent)) counted.add(pid);
  }
  return [...counted].reduce((sum, pid) => sum + (processes.get(pid)?.ticks ?? 0), 0);
}

const readTimes = (folder: string): ProcessTimes =>
  parseStat(readFileSync(`${folder}/stat`, 'utf8'));

function tryReadTimes(pid: string): ProcessTimes | undefined {
  try {
    return readTimes(`/proc/${pid}`);
  } catch {
    // It ended in the meantime.
    return undefined;
  }
}

/** Reads a line of `stat`. The name of the program, in brackets, may contain spaces and brackets. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // parent (field 4 of the line), utime, stime, cutime, cstime (fields 14 to 17)
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  const ownTicks = user + system;
  return { parent: Number(fields[1]), ownTicks, ticks: ownTicks + endedUser + endedSystem };
}
