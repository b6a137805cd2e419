import { showValue } from '../comparison/compare.js';
import type { Comparison, LatencyRow, Measure, PausesRow } from '../comparison/scenario.js';
import { markdownTable } from './markdown-table.js';

export const ratioTable = (comparisons: readonly Comparison[]): string =>
  markdownTable(
    ['scenario', 'millrace', 'reference', 'ratio (range of rounds)', 'target', 'p50 / p99, ms'],
    comparisons.map((result) => [
      // A cost names what it compares; a rate has its unit with its values.
      result.kind === 'cost' ? `${result.name} (${result.unit})` : result.name,
      showValue(result, result.ours),
      showValue(result, result.reference),
      `${result.ratio.toFixed(2)} (${result.ratioRange.map((ratio) => ratio.toFixed(2)).join('–')})`,
      target(result),
      // If only arrivals are counted, there is no latency; JSON has null for that.
      Number.isFinite(result.oursP50Ms)
        ? `${result.oursP50Ms.toFixed(2)} / ${result.oursP99Ms.toFixed(2)}`
        : '',
    ]),
  );

const target = ({ kind, target: value, aim }: Measure): string =>
  bounds(kind === 'rate' ? '≥' : '≤', value, aim);

function bounds(sign: '≥' | '≤', value: number | undefined, aim: number | undefined): string {
  if (value === undefined) return '';
  return `${sign} ${value}${aim === undefined ? '' : `, aim ${aim}`}`;
}

export const latencyTable = (rows: readonly LatencyRow[]): string =>
  markdownTable(
    [
      'scenario',
      'top, units/s',
      'sent, units/s',
      'p50, ms',
      'p99, ms (range of rounds)',
      'target p99',
      'p99.9, ms',
      'longest, ms',
    ],
    rows.map((row) => [
      row.name,
      row.topPerSecond.toFixed(0),
      row.ratePerSecond.toFixed(0),
      row.p50Ms.toFixed(2),
      `${row.p99Ms.toFixed(2)} (${row.p99RangeMs.map((ms) => ms.toFixed(2)).join('–')})`,
      bounds('≤', row.targetMs, row.aimMs),
      row.p999Ms.toFixed(2),
      row.maxMs.toFixed(1),
    ]),
  );

/** The upper edges of the histogram of pauses, in milliseconds. */
const PAUSE_EDGES_MS = [100, 150, 200, 300, 500, 1000, 2000, 5000, Number.POSITIVE_INFINITY];

/** A line of facts, and the pauses by length with their times. */
export function pausesText({ run, ...row }: PausesRow): string {
  const facts =
    `${row.seconds} s at ${row.ratePerSecond.toFixed(0)} cycles a second. Purges: ${row.purges} ` +
    `(${row.isSwept ? 'all swept' : 'not all swept'} at the end). Seconds with a checkpoint, ` +
    `warm-up included: ${row.checkpointedSeconds ?? 'not counted'}. ` +
    `Longest time without an answer: ${row.longestMs.toFixed(0)} ms (target ≤ ${row.targetMs}). ` +
    `Longest wait for one cycle: ${run.maxMs.toFixed(0)} ms.`;
  if (run.pauses.length === 0) return `${facts}\nNo pause was longer than ${row.targetMs} ms.`;
  const bins = PAUSE_EDGES_MS.slice(1).map((toMs, index) => {
    const fromMs = PAUSE_EDGES_MS[index] as number;
    const pauses = run.pauses.filter(({ lengthMs }) => lengthMs >= fromMs && lengthMs < toMs);
    return { fromMs, toMs, pauses };
  });
  const table = markdownTable(
    ['pauses of', 'number', 'after so many seconds', 'in which the generator stood still too'],
    bins
      .filter(({ pauses }) => pauses.length > 0)
      .map(({ fromMs, toMs, pauses }) => [
        Number.isFinite(toMs) ? `${fromMs} to ${toMs} ms` : `${fromMs} ms and more`,
        String(pauses.length),
        pauses.map(({ atMs }) => (atMs / 1000).toFixed(1)).join(', '),
        String(pauses.filter((pause) => pause.generatorStoodMs > pause.lengthMs / 2).length),
      ]),
  );
  return `${facts}\n\n${table}`;
}
