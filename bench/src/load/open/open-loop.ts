import { LatencyHistogram } from '../latency-histogram.js';
import { DRAIN_MS, type LoadOptions, openConnections } from '../load-generator.js';
import type { LoadResult } from '../load-tally.js';
import type { UnitConnection } from '../unit-connection.js';
import { Arrivals } from './arrivals.js';
import { DueTimes } from './due-times.js';
import { type OpenLatencies, OpenTally } from './open-tally.js';
import { type Pause, PauseLog } from './pause-log.js';

export interface OpenLoadOptions extends LoadOptions {
  /** The units that are due in a second. */
  perSecond: number;
  /** The shortest time without an answer that is listed as a pause. */
  pauseFromMs: number;
}

export interface OpenLoadResult extends LoadResult, OpenLatencies {
  /** How much later than due the generator sent 99 % of the first requests, which it cannot help. */
  sentLateP99Ms: number;
  /** The longest time without an answer while requests were under way. */
  longestPauseMs: number;
  pauses: Pause[];
}

/** The shortest interval of a timer. */
const TICK_MS = 1;

/**
 * An open loop: units are sent when they are due, whether or not earlier ones were answered, over as many
 * connections as that takes. If all of them are waiting, a unit waits too, and its latency grows.
 */
export async function generateOpenLoad(options: OpenLoadOptions): Promise<OpenLoadResult> {
  const tally = new OpenTally(options);
  const pauseLog = new PauseLog(tally.measureFromMs, options.pauseFromMs);
  const sentLate = new LatencyHistogram();
  const beginMs = performance.now();
  const dueTimes = new DueTimes(beginMs, options.perSecond, tally.measureUntilMs);
  const arrivals = new Arrivals<UnitConnection>(dueTimes, (connection, dueMs) => {
    const nowMs = performance.now();
    if (dueMs >= tally.measureFromMs) sentLate.record(nowMs - dueMs);
    pauseLog.sent(nowMs);
    connection.startUnit(dueMs, nowMs);
  });
  const connections = openConnections(options, tally, {
    onAnswer: (nowMs) => pauseLog.answered(nowMs),
    onFollowUp: (nowMs) => pauseLog.sent(nowMs),
    onIdle: (connection) =>
      connection.isUsed ? arrivals.ended(connection) : arrivals.add(connection),
  });

  const endAll = (): void => {
    clearInterval(ticker);
    for (const connection of connections) connection.end();
  };
  const ticker = setInterval(() => {
    const nowMs = performance.now();
    pauseLog.tick(nowMs);
    arrivals.tick(nowMs);
    if (arrivals.areOver) endAll();
    else if (nowMs > tally.measureUntilMs + DRAIN_MS) {
      tally.recordError(`${arrivals.underWay} units were not answered within ${DRAIN_MS} ms`);
      endAll();
    }
  }, TICK_MS);
  await Promise.all(connections.map((connection) => connection.drive()));
  clearInterval(ticker);
  return {
    ...tally.openResult(),
    sentLateP99Ms: sentLate.percentileMs(0.99),
    longestPauseMs: pauseLog.longestMs,
    pauses: pauseLog.pauses,
  };
}
