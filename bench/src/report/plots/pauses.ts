import * as Plot from '@observablehq/plot';
import type { PausesRow } from '../../comparison/scenario.js';
import { BOUND, COLOURS, svgOf } from './plot.js';

/** The worst latency of each second, and the pauses. */
export function pausesPlot({ run, targetMs }: PausesRow): string {
  const seconds = run.worstMs.map((ms, second) => ({ minutes: second / 60, ms: Math.max(ms, 1) }));
  const pauses = run.pauses.map(({ atMs, lengthMs }) => ({ minutes: atMs / 60_000, ms: lengthMs }));
  const [worst = '', pause = ''] = COLOURS;
  return svgOf('The longest wait for a cycle in each second, and the pauses', {
    x: { label: 'minutes', nice: true },
    y: { type: 'log', label: 'milliseconds', tickFormat: '~r', ticks: 6 },
    color: { domain: ['longest wait', 'pause'], range: COLOURS },
    marks: [
      Plot.ruleY([targetMs], BOUND),
      Plot.text([targetMs], {
        frameAnchor: 'right',
        y: (ms: number) => ms,
        text: (ms: number) => `a pause: ${ms} ms`,
        textAnchor: 'start',
        dx: 6,
      }),
      Plot.dot(seconds, { x: 'minutes', y: 'ms', r: 1.8, fill: worst }),
      Plot.dot(pauses, {
        x: 'minutes',
        y: 'ms',
        r: 4,
        symbol: 'times',
        stroke: pause,
        strokeWidth: 2,
      }),
    ],
  });
}
