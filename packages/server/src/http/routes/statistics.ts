import {
  CAPABILITIES,
  type GetParams,
  type HistoryParams,
  type HistoryReturns,
  type QueueActivity,
  type QueueStats,
} from '@millrace/protocol';
import { toIso } from '../../core/iso-time.js';
import type { QueueRow } from '../../core/queue/queue-entry.js';
import { queueNotFound } from '../../core/refusal.js';
import {
  type Activity,
  fillDay,
  fillHour,
  HISTORY_MINUTES,
  HISTORY_QUARTERS,
  lastMinuteOf,
  minuteOf,
  QUARTER_MINUTES,
  type QueueHistory,
  quarterOf,
} from '../../core/store/history.js';
import { consumersOf, type QueueConsumers } from '../../core/store/queue-consumers.js';
import type { QueueCounts, QueueMinute, Store } from '../../core/store/store.js';
import { answer, type Call, type Route, type RouteContext } from '../call.js';

/** The calls that show how a queue is doing. */

const MINUTE_MS = 60_000;

const statsRoute: Route = {
  capability: CAPABILITIES.stats,
  async handle({ params, caller }: Call<GetParams>, context) {
    const { queue } = params;
    const { project } = caller;
    const { store, nodeId } = context;
    const counts = await store.read({ kind: 'stats', project, queue, nodeId });
    return counts === null
      ? queueNotFound(queue)
      : answer(queueStats({ project, name: queue }, counts, context));
  },
};

const historyRoute: Route = {
  capability: CAPABILITIES.history,
  async handle({ params, caller }: Call<HistoryParams>, { store }) {
    const { queue, span } = params;
    const ofDay = span === 'day';
    const minute = minuteOf(store.clock.nowMs());
    const sinceMinute = ofDay
      ? (quarterOf(minute) - HISTORY_QUARTERS + 1) * QUARTER_MINUTES
      : minute - HISTORY_MINUTES + 1;
    const rows = await store.read({
      kind: 'history',
      project: caller.project,
      queue,
      sinceMinute,
    });
    if (rows === null) return queueNotFound(queue);
    const nowMs = store.clock.nowMs();
    return answer({ queue, ...(ofDay ? lastDay(rows, nowMs) : lastHour(rows, nowMs)) });
  },
};

const lastHour = (history: QueueHistory, nowMs: number): Omit<HistoryReturns, 'queue'> => ({
  minutes: fillHour(history, nowMs).map((row) => ({
    at: toIso(row.minute * MINUTE_MS),
    depth: row.depth,
    ...queueActivity(row),
  })),
});

const lastDay = (history: QueueHistory, nowMs: number): Omit<HistoryReturns, 'queue'> => ({
  quarter_hours: fillDay(history, nowMs).map((row) => ({
    at: toIso(row.quarter * QUARTER_MINUTES * MINUTE_MS),
    depth: row.depth,
    ...queueActivity(row),
  })),
});

export function queueStats(
  { project, name }: Pick<QueueRow, 'project' | 'name'>,
  counts: QueueCounts,
  { store, consumers }: RouteContext,
): QueueStats {
  return {
    queue: name,
    available: counts.available,
    in_flight: counts.inFlight,
    delayed: counts.delayed,
    dlq: counts.dlq,
    ...(counts.oldestAtMs === null
      ? {}
      : { oldest_age_seconds: Math.max(0, store.clock.nowMs() - counts.oldestAtMs) / 1_000 }),
    ...consumerStats(consumersOf(counts.consumers, consumers.of(project, name))),
  };
}

const consumerStats = ({ waiting, lastFetchAtMs, lastFetchKeyId }: QueueConsumers) => ({
  waiting_consumers: waiting,
  ...(lastFetchAtMs === null ? {} : { last_fetch_at: toIso(lastFetchAtMs) }),
  ...(lastFetchKeyId === null ? {} : { last_fetch_key_id: lastFetchKeyId }),
});

/** @returns the activity of each of the queues in the last minute */
export async function activityOf(
  store: Store,
  project: string,
  queues: readonly string[],
): Promise<(queue: string) => QueueActivity> {
  const sinceMinute = minuteOf(store.clock.nowMs()) - 1;
  const rows = await store.read({ kind: 'recentMinutes', project, queues, sinceMinute });
  const nowMs = store.clock.nowMs();
  const byQueue = new Map<string, QueueMinute[]>();
  for (const row of rows) byQueue.set(row.queue, [...(byQueue.get(row.queue) ?? []), row]);
  return (queue) => queueActivity(lastMinuteOf(byQueue.get(queue) ?? [], nowMs));
}

const queueActivity = (activity: Activity): QueueActivity => ({
  published: activity.published,
  delivered: activity.delivered,
  acked: activity.acked,
  failed: activity.failed,
  dead_lettered: activity.deadLettered,
});

export const STATISTICS_ROUTES: readonly Route[] = [statsRoute, historyRoute];
