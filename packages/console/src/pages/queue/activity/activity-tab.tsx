import { Loader, SegmentedControl, Text } from '@mantine/core';
import { lazy, Suspense, useMemo } from 'react';
import { type Interval, type Span, useHistory } from '../../../api/history.js';
import { EmptyState } from '../../../design/empty-state.js';
import { Failure } from '../../../design/failure.js';
import { useAddressParam } from '../../../design/use-address-param.js';
import classes from './activity-tab.module.css';
import { depthSeries, inWords, rateSeries } from './history-series.js';

// The chart library is loaded when the first chart is shown.
const LineChart = lazy(() => import('../../../charts/line-chart.js'));

const REFRESH_MS = 15_000;

/** Depth and rates of the queue over the last hour or the last day. */
export function ActivityTab({ queue }: { readonly queue: string }) {
  const [value, setSpan] = useAddressParam('span');
  const span: Span = value === 'day' ? 'day' : 'hour';
  const history = useHistory(queue, span, { intervalMs: REFRESH_MS });
  return (
    <>
      <div className={classes.controls}>
        <SegmentedControl
          size="xs"
          aria-label="Span of time"
          value={span}
          data={[
            { value: 'hour', label: 'Last hour' },
            { value: 'day', label: 'Last day' },
          ]}
          onChange={(chosen) => setSpan(chosen === 'day' ? 'day' : '')}
        />
        <Text size="sm" c="dimmed">
          {span === 'day' ? 'by quarters of an hour' : 'by minutes'}
        </Text>
      </div>
      {history.isPending && <Loader aria-label="Reading the history" />}
      {history.isError && history.data === undefined && (
        <Failure
          title="The history could not be read"
          error={history.error}
          onRetry={() => history.refetch()}
        />
      )}
      {history.data !== undefined && <Charts intervals={history.data} span={span} />}
    </>
  );
}

interface ChartsProps {
  readonly intervals: readonly Interval[];
  readonly span: Span;
}

function Charts({ intervals, span }: ChartsProps) {
  const times = useMemo(() => intervals.map(({ at }) => Date.parse(at) / 1_000), [intervals]);
  const depth = useMemo(() => depthSeries(intervals), [intervals]);
  // The last interval is not over, so that its rates would seem to fall.
  const finishedCount = Math.max(1, intervals.length - 1);
  const rates = useMemo(
    () => rateSeries(intervals.slice(0, finishedCount), span),
    [intervals, finishedCount, span],
  );
  if (intervals.length === 0) {
    return (
      <EmptyState title="Nothing has happened yet">
        Publish a message: a minute later the first point is here.
      </EmptyState>
    );
  }
  return (
    <Suspense fallback={<Loader aria-label="Loading the charts" />}>
      <div className={classes.charts}>
        <LineChart title="Messages in the queue" positions={times} axis="time" series={depth} />
        <LineChart
          title="Messages per minute"
          positions={times.slice(0, finishedCount)}
          axis="time"
          series={rates}
        />
      </div>
      <Text size="sm" c="dimmed" mt="md">
        {inWords(intervals, span)}
      </Text>
    </Suspense>
  );
}
