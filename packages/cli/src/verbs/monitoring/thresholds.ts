import type { QueueStats } from '@millrace/client';

export type State = 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';

export interface CheckFlags {
  readonly maxDepth?: number;
  readonly warnDepth?: number;
  /** Seconds. */
  readonly maxAge?: number;
  readonly warnAge?: number;
  readonly maxDeadLetters?: number;
  readonly warnDeadLetters?: number;
  /** Seconds; commander takes the name of `--no-fetch-for` for the negation of `fetchFor`. */
  readonly fetchFor?: number | true;
}

/** What a check found about one queue. */
export interface Finding {
  readonly queue: string;
  readonly state: State;
  readonly problems: readonly string[];
  /** What to say if there is no problem. */
  readonly summary: string;
  /** Performance data of a plugin: `name=value;warning;critical`. */
  readonly measures: readonly string[];
}

interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly warn: number | undefined;
  readonly max: number | undefined;
}

/** Compares the counts of a queue with the limits. @param isOneOfMany names the queue in each measure */
export function judge(stats: QueueStats, flags: CheckFlags, isOneOfMany: boolean): Finding {
  const { queue } = stats;
  const measures = measuresOf(stats, flags);
  const judged = [...measures.map(judgeMeasure), judgeFetch(stats, flags.fetchFor)].filter(
    (result) => result !== undefined,
  );
  const states = judged.map(({ state }) => state);
  const worst = (['CRITICAL', 'UNKNOWN', 'WARNING'] as const).find((state) =>
    states.includes(state),
  );
  return {
    queue,
    state: worst ?? 'OK',
    problems: judged.map(({ problem }) => problem),
    summary: measures.map(({ name, value, unit }) => `${name} ${value}${unit}`).join(', '),
    measures: measures
      .filter(({ value }) => Number.isFinite(value))
      .map((measure) => performanceData(measure, isOneOfMany ? `${queue}_` : '')),
  };
}

const measuresOf = (stats: QueueStats, flags: CheckFlags): Measure[] => [
  {
    name: 'depth',
    value: stats.available + stats.inFlight + stats.delayed,
    unit: '',
    warn: flags.warnDepth,
    max: flags.maxDepth,
  },
  {
    name: 'age',
    value: Math.round(stats.oldestAgeSeconds ?? 0),
    unit: 's',
    warn: flags.warnAge,
    max: flags.maxAge,
  },
  {
    name: 'dead_letters',
    value: stats.dlq,
    unit: '',
    warn: flags.warnDeadLetters,
    max: flags.maxDeadLetters,
  },
];

interface Problem {
  readonly state: State;
  readonly problem: string;
}

function judgeMeasure({ name, value, unit, warn, max }: Measure): Problem | undefined {
  // It is over no limit, but that says nothing.
  if (!Number.isFinite(value)) {
    return { state: 'UNKNOWN', problem: `the answer has no ${name}; it is not one of millrace` };
  }
  if (max !== undefined && value > max) {
    return { state: 'CRITICAL', problem: `${name} ${value}${unit} is over ${max}${unit}` };
  }
  if (warn !== undefined && value > warn) {
    return { state: 'WARNING', problem: `${name} ${value}${unit} is over ${warn}${unit}` };
  }
  return undefined;
}

function judgeFetch(
  stats: Partial<QueueStats>,
  limit: CheckFlags['fetchFor'],
): Problem | undefined {
  if (typeof limit !== 'number') return undefined;
  const { waitingConsumers, lastFetchAt } = stats;
  // Servers of earlier versions answer neither.
  if (waitingConsumers === undefined && lastFetchAt === undefined) {
    const problem =
      'the server does not say when messages were last fetched; it is too old for --no-fetch-for';
    return { state: 'UNKNOWN', problem };
  }
  // Whoever waits for a message now is fetching.
  if ((waitingConsumers ?? 0) > 0) return undefined;
  if (lastFetchAt === undefined) return { state: 'CRITICAL', problem: 'nobody has fetched so far' };
  const seconds = Math.round((Date.now() - Date.parse(lastFetchAt)) / 1_000);
  if (seconds <= limit) return undefined;
  return { state: 'CRITICAL', problem: `nobody has fetched for ${seconds}s, limit ${limit}s` };
}

const performanceData = ({ name, value, unit, warn, max }: Measure, prefix: string): string =>
  `'${prefix}${name}'=${value}${unit};${warn ?? ''};${max ?? ''}`;
