import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts the CPU time of processes in hundredths of a second, whatever its own clock does. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  parent: number;
  /** Its own time, and that of its children that have ended. */
  ticks: number;
}

/** The CPU time that these processes and all their descendants have used, in seconds. Linux only. */
export function cpuSeconds(pids: readonly number[]): number {
  const processes = new Map<number, ProcessTimes>();
  for (const entry of readdirSync('/proc')) {
    const times = /^\d+$/.test(entry) ? readTimes(entry) : undefined;
    if (times) processes.set(Number(entry), times);
  }
  return treeTicks(processes, pids) / TICKS_PER_SECOND;
}

/** Each process counts once, also if it is a descendant of another that is named. */
export function treeTicks(
  processes: ReadonlyMap<number, ProcessTimes>,
  pids: readonly number[],
): number {
  const counted = new Set<number>(pids);
  for (let size = 0; size < counted.size; ) {
    size = counted.size;
    for (const [pid, { parent }] of processes) if (counted.has(parent)) counted.add(pid);
  }
  return [...counted].reduce((sum, pid) => sum + (processes.get(pid)?.ticks ?? 0), 0);
}

function readTimes(pid: string): ProcessTimes | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It ended in the meantime.
    return undefined;
  }
}

/** Reads /proc/PID/stat. The name of the program, in brackets, may contain spaces and brackets. */
export function parseStat(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // parent (field 4 of the line), utime, stime, cutime, cstime (fields 14 to 17)
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { parent: Number(fields[1]), ticks };
}
