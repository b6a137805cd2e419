import type { LoadResult } from '../load/load-tally.js';
import { medianUsage, type Usage, usagePer } from '../usage/usage.js';
import type { Measure, UsageSummary } from './scenario.js';

/** Undefined if nothing was read. */
export function summariseUsage(
  { kind, countPerUnit = 1 }: Measure,
  results: readonly LoadResult[],
): UsageSummary | undefined {
  const read = results.filter((result): result is Used => result.usage !== undefined);
  if (read.length === 0) return undefined;
  const messagesPerUnit = kind === 'rate' ? countPerUnit : 1;
  return {
    perRequest: medianUsage(
      read.map(({ usage, measuredAnswers, completed }) =>
        // The units of a library are calls of it, without answers.
        usagePer(usage, measuredAnswers || completed),
      ),
    ),
    perMessage: medianUsage(
      read.map(({ usage, completed }) => usagePer(usage, completed * messagesPerUnit)),
    ),
  };
}

type Used = LoadResult & { usage: Usage };
