import { formatShort } from '../design/format.js';
import classes from './line-chart.module.css';
import type { Series } from './series.js';

interface LegendProps {
  readonly series: readonly Series[];
  readonly unit: string;
}

/** The names of the lines with their latest values. */
export const Legend = ({ series, unit }: LegendProps) => (
  <ul className={classes.legend}>
    {series.map(({ label, colour, values }) => (
      <li key={label}>
        <span className={`${classes.key} ${classes[colour]}`} aria-hidden />
        {label} <b>{`${formatShort(values.at(-1) ?? 0)}${unit}`}</b>
      </li>
    ))}
  </ul>
);
