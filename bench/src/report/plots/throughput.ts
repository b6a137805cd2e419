import * as Plot from '@observablehq/plot';
import type { Comparison } from '../../comparison/scenario.js';
import type { Environment } from '../environment.js';
import { COLOURS, svgOf } from './plot.js';

interface Point {
  connections: number;
  perSecond: number;
  side: string;
}

/** Publishes to one queue by connections; undefined without at least two numbers of connections. */
export function throughputPlot(
  comparisons: readonly Comparison[],
  environment: Environment,
): string | undefined {
  const points = pointsOf(comparisons, environment);
  if (points.length < 4) return undefined;
  return svgOf('Publishes a second by connections, one queue', {
    x: {
      type: 'log',
      base: 2,
      label: 'connections',
      ticks: [...new Set(points.map(({ connections }) => connections))],
      tickFormat: 'd',
    },
    y: { label: 'messages a second', zero: true, tickFormat: 's' },
    color: { domain: ['millrace', 'bare route'], range: COLOURS },
    marks: [
      Plot.ruleY([0]),
      Plot.lineY(points, {
        x: 'connections',
        y: 'perSecond',
        stroke: 'side',
        strokeWidth: 2,
        marker: 'dot',
      }),
      Plot.text(
        points,
        Plot.selectLast({
          x: 'connections',
          y: 'perSecond',
          z: 'side',
          text: 'side',
          fill: 'side',
          textAnchor: 'start',
          dx: 10,
        }),
      ),
    ],
  });
}

function pointsOf(comparisons: readonly Comparison[], environment: Environment): Point[] {
  return comparisons
    .filter(({ name }) => name === 'publish-one-queue' || /^publish-over-\d+$/.test(name))
    .flatMap(({ connections = environment.connections, ours, reference }) => [
      { connections, perSecond: ours, side: 'millrace' },
      { connections, perSecond: reference, side: 'bare route' },
    ])
    .sort((a, b) => a.connections - b.connections);
}
