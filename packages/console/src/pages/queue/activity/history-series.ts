import type { Interval, Span } from '../../../api/history.js';
import type { Series } from '../../../charts/series.js';
import { countOf } from '../../../design/format.js';

const MINUTES: Readonly<Record<Span, number>> = { hour: 1, day: 15 };

/** How many messages were in the queue when each interval ended. */
export const depthSeries = (intervals: readonly Interval[]): Series[] => [
  { label: 'Depth', colour: 'blue', isFilled: true, values: intervals.map(({ depth }) => depth) },
];

/** What happened in each interval, per minute. */
export function rateSeries(intervals: readonly Interval[], span: Span): Series[] {
  const perMinute = (read: (interval: Interval) => number) =>
    intervals.map((interval) => read(interval) / MINUTES[span]);
  return [
    { label: 'Published', colour: 'blue', values: perMinute(({ published }) => published) },
    { label: 'Acked', colour: 'green', values: perMinute(({ acked }) => acked) },
    { label: 'Failed', colour: 'orange', values: perMinute(({ failed }) => failed) },
    { label: 'Dead-lettered', colour: 'red', values: perMinute((one) => one.deadLettered) },
  ];
}

/** What the charts show, for people who do not see them. */
export function inWords(intervals: readonly Interval[], span: Span): string {
  const sum = (read: (interval: Interval) => number) =>
    intervals.reduce((total, interval) => total + read(interval), 0);
  const most = intervals.reduce((highest, { depth }) => Math.max(highest, depth), 0);
  return `In the last ${span}: ${countOf(
    sum(({ published }) => published),
    'message',
  )} published, ${sum(({ acked }) => acked)} acked, ${countOf(
    sum(({ failed }) => failed),
    'failed delivery',
    'failed deliveries',
  )}, ${countOf(
    sum(({ deadLettered }) => deadLettered),
    'dead letter',
  )}. At most ${countOf(most, 'message')} waited.`;
}
