import * as Plot from '@observablehq/plot';
import type { Comparison } from '../../comparison/scenario.js';
import { COLOURS, svgOf } from './plot.js';

const FILES = 'SQLite: files';
const WAL = 'PostgreSQL: WAL';
const ROW_HEIGHT = 26;

/** What is written for each message, one bar for each scenario. */
export function writtenBytesPlot(comparisons: readonly Comparison[]): string | undefined {
  const bars = comparisons.flatMap(({ name, oursUsage }) => {
    const { walBytes, writtenBytes } = oursUsage?.perMessage ?? {};
    if (walBytes !== undefined) return [{ name, bytes: walBytes, store: WAL }];
    return writtenBytes === undefined ? [] : [{ name, bytes: writtenBytes, store: FILES }];
  });
  if (bars.length === 0) return undefined;
  return svgOf('Bytes written for each message', {
    height: 100 + bars.length * ROW_HEIGHT,
    marginLeft: 210,
    marginRight: 80,
    x: { label: 'bytes a message', tickFormat: 's', nice: true },
    y: { label: null, domain: bars.map(({ name }) => name) },
    color: { domain: [FILES, WAL], range: COLOURS },
    marks: [
      Plot.barX(bars, { x: 'bytes', y: 'name', fill: 'store', insetTop: 3, insetBottom: 3 }),
      Plot.text(bars, {
        x: 'bytes',
        y: 'name',
        text: ({ bytes, store }) => `${bytes.toFixed(0)}${store === WAL ? ' (WAL)' : ''}`,
        textAnchor: 'start',
        dx: 4,
      }),
      Plot.ruleX([0]),
    ],
  });
}
