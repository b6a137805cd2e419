import type { LoadResult } from '../load/load-tally.js';
import { medianUsage, type Usage, usagePer } from '../usage/usage.js';
import type { Measure, UsageSummary } from './scenario.js';

/** Undefined if nothing was read. */
export function summariseUsage(
  measure: Measure,
  results: readonly LoadResult[],
): UsageSummary | undefined {
  const read = results.filter((result): result is Used => result.usage !== undefined);
  if (read.length === 0) return undefined;
  return {
    perRequest: medianUsage(
      read.map(({ usage, measuredAnswers, completed }) =>
        // The units of a library are calls of it, without answers.
        usagePer(usage, measuredAnswers || completed),
      ),
    ),
    perMessage: medianUsage(
      read.map((result) =>
        usagePer(result.usage, result.completed * messagesPerUnit(measure, result)),
      ),
    ),
  };
}

/** On average, if they vary. */
export function messagesPerUnit({ countPerUnit = 1 }: Measure, result: LoadResult): number {
  return result.messages === undefined ? countPerUnit : result.messages / result.completed;
}

type Used = LoadResult & { usage: Usage };
