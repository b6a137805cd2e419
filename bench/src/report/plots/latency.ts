import * as Plot from '@observablehq/plot';
import type { LatencyRow } from '../../comparison/scenario.js';
import { BOUND, COLOURS, svgOf } from './plot.js';

interface Point {
  unit: string;
  round: string;
  /** 10 for 90 %, 100 for 99 %: so each further nine takes as much room. */
  oneIn: number;
  ms: number;
}

const TICKS = [1, 2, 10, 100, 1000, 10_000, 100_000];

/** Latencies by percentile, one line for each round. */
export function latencyPlot(rows: readonly LatencyRow[]): string | undefined {
  const points = rows.flatMap(pointsOf);
  if (points.length === 0) return undefined;
  const longest = Math.max(...points.map(({ oneIn }) => oneIn));
  const bounds = [...new Set(rows.flatMap(({ targetMs }) => targetMs ?? []))];
  return svgOf('Latency at half of top throughput, from when each unit was due', {
    x: {
      type: 'log',
      label: 'percentile',
      domain: [1, longest],
      ticks: TICKS.filter((oneIn) => oneIn <= longest),
      tickFormat: (oneIn: number) => `${Number((100 * (1 - 1 / oneIn)).toPrecision(7))} %`,
    },
    y: { type: 'log', label: 'milliseconds', tickFormat: '~r', ticks: 6 },
    color: { domain: rows.map(unitOf), range: COLOURS },
    marks: [
      Plot.ruleY(bounds, BOUND),
      Plot.text(bounds, {
        frameAnchor: 'left',
        y: (ms: number) => ms,
        text: (ms: number) => `p99 to reach: ${ms} ms`,
        textAnchor: 'start',
        dx: 6,
        dy: -7,
      }),
      Plot.lineY(points, { x: 'oneIn', y: 'ms', z: 'round', stroke: 'unit', strokeWidth: 1.6 }),
      Plot.text(
        points,
        Plot.selectMaxX({
          x: 'oneIn',
          y: 'ms',
          z: 'unit',
          text: 'unit',
          fill: 'unit',
          textAnchor: 'start',
          dx: 8,
        }),
      ),
    ],
  });
}

const unitOf = ({ name }: LatencyRow): string => name.split(' ').at(-1) ?? name;

const pointsOf = (row: LatencyRow): Point[] =>
  row.rounds.flatMap(({ open }, index) =>
    open.curve.map(({ share, ms }) => ({
      unit: unitOf(row),
      round: `${row.name} ${index}`,
      oneIn: 1 / (1 - share),
      ms,
    })),
  );
