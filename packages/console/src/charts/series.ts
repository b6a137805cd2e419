/** The colours of lines, by the names in line-chart.module.css. */
export type SeriesColour = 'blue' | 'green' | 'orange' | 'red';

export interface Series {
  readonly label: string;
  readonly colour: SeriesColour;
  /** A value for each time of the chart. */
  readonly values: readonly number[];
  readonly isFilled?: boolean;
}
