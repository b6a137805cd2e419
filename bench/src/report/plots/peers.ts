import * as Plot from '@observablehq/plot';
import type { PeerRow } from '../peers-file.js';
import { COLOURS, svgOf } from './plot.js';

const ROW_HEIGHT = 26;

/** One bar for each peer, millrace's in another colour, with the range of the rounds. */
export function peersPlot(operation: string, rows: readonly PeerRow[]): string {
  const [ours = '', others = ''] = COLOURS;
  const bars = rows.toSorted((a, b) => b.perSecond - a.perSecond);
  return svgOf(operation, {
    height: 100 + bars.length * ROW_HEIGHT,
    marginLeft: 210,
    marginRight: 80,
    x: { label: 'messages a second', tickFormat: 's', nice: true },
    y: { label: null, domain: bars.map(({ peer }) => peer) },
    marks: [
      Plot.barX(bars, {
        x: 'perSecond',
        y: 'peer',
        fill: ({ isOurs }: PeerRow) => (isOurs === true ? ours : others),
        insetTop: 3,
        insetBottom: 3,
      }),
      Plot.ruleY(bars, {
        x1: (row: PeerRow) => row.range[0],
        x2: (row: PeerRow) => row.range[1],
        y: 'peer',
      }),
      Plot.text(bars, {
        x: ({ range, perSecond }: PeerRow) => Math.max(perSecond, range[1]),
        y: 'peer',
        text: ({ perSecond }: PeerRow) => perSecond.toFixed(0),
        textAnchor: 'start',
        dx: 5,
      }),
      Plot.ruleX([0]),
    ],
  });
}
