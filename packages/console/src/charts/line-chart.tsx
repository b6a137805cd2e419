import 'uplot/dist/uPlot.min.css';
import { Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import { type HorizontalAxis, optionsOf } from './chart-options.js';
import { Legend } from './legend.js';
import classes from './line-chart.module.css';
import type { Series } from './series.js';

interface LineChartProps {
  readonly title: string;
  /** Where each value is on the horizontal axis: seconds since 1970, or numbers. */
  readonly positions: readonly number[];
  readonly axis: HorizontalAxis;
  readonly series: readonly Series[];
  /** Behind the numbers of the vertical axis, for example ` ms`. */
  readonly unit?: string;
}

const HEIGHT = 200;

/** Lines over time, or over a count. The text beside a chart has to say the same for people who do not see it. */
export default function LineChart({ title, positions, axis, series, unit = '' }: LineChartProps) {
  const { ref: frame, width } = useElementSize<HTMLDivElement>();
  const target = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const data = [positions as number[], ...series.map(({ values }) => values as number[])];
  const latest = useRef(data);
  latest.current = data;
  // A new chart is needed only when its lines, its size or its colours change.
  const shape = JSON.stringify([
    series.map(({ label, colour }) => [label, colour]),
    scheme,
    axis,
    unit,
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for series and scheme
  useEffect(() => {
    if (target.current === null || width === 0) return;
    const options = optionsOf(series, {
      width,
      height: HEIGHT,
      axis,
      unit,
      element: target.current,
    });
    const made = new UPlot(options, latest.current as UPlot.AlignedData, target.current);
    chart.current = made;
    return () => made.destroy();
  }, [shape, width]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the values are what may have changed
  useEffect(() => chart.current?.setData(latest.current as UPlot.AlignedData), [positions, series]);

  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <Text fw={600} size="sm">
          {title}
        </Text>
        <Legend series={series} unit={unit} />
      </figcaption>
      <div ref={frame} className={classes.frame}>
        <div ref={target} aria-hidden />
      </div>
    </figure>
  );
}
