import type UPlot from 'uplot';
import { formatShort } from '../design/format.js';
import type { Series } from './series.js';

export type HorizontalAxis = 'time' | 'count';

interface ChartFrame {
  readonly width: number;
  readonly height: number;
  readonly axis: HorizontalAxis;
  readonly unit: string;
  /** The element that the chart is drawn in, whose style sheet has the colours. */
  readonly element: HTMLElement;
}

/** Options of uPlot: quiet axes, a scale that begins at zero, and no legend of its own. */
export function optionsOf(
  series: readonly Series[],
  { width, height, axis, unit, element }: ChartFrame,
): UPlot.Options {
  const styles = getComputedStyle(element);
  const colour = (name: string): string => styles.getPropertyValue(`--chart-${name}`).trim();
  const quiet: UPlot.Axis = {
    stroke: colour('text'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px ui-sans-serif, system-ui, sans-serif',
  };
  return {
    width,
    height,
    // Half of the label of the last tick may stand beyond the end of the axis.
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { time: axis === 'time' },
      y: { range: (_chart, _lowest, highest) => [0, Math.max(1, highest * 1.1)] },
    },
    axes: [
      {
        ...quiet,
        size: 28,
        grid: { show: false },
        ...(axis === 'time' && { values: TIME_FORMATS }),
      },
      {
        ...quiet,
        size: (_chart, labels) => widthOf(labels),
        incrs: WHOLE_STEPS,
        values: (_chart, ticks) => ticks.map((tick) => formatTick(tick, unit)),
      },
    ],
    series: [
      {},
      ...series.map(({ label, colour: name, isFilled }) => ({
        label,
        stroke: colour(name),
        width: 1.75,
        points: { show: false },
        ...(isFilled && { fill: colour(`${name}-ground`) }),
      })),
    ],
  };
}

/** Messages and milliseconds are whole, so no tick stands between 0 and 1. */
const WHOLE_STEPS = Array.from({ length: 12 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();

const LABEL_CHARACTER_PX = 7;

/** Enough for the longest label; there are none yet when the chart is measured first. */
const widthOf = (labels: readonly string[] | null): number =>
  16 + LABEL_CHARACTER_PX * Math.max(3, ...(labels ?? []).map(({ length }) => length));

const formatTick = (tick: number, unit: string): string => `${formatShort(tick)}${unit}`;

/** For each distance of two ticks in seconds: the time, and the date where a day begins. */
const TIME_FORMATS: UPlot.Axis.Values = [
  [86_400, '{MMM} {D}', null, null, null, null, null, null, 1],
  [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
];
