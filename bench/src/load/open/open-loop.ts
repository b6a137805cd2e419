import { setTimeout as sleep } from 'node:timers/promises';
import { LatencyHistogram } from '../latency-histogram.js';
import { connectionOpener, DRAIN_MS, type LoadOptions } from '../load-generator.js';
import type { LoadResult } from '../load-tally.js';
import type { UnitConnection } from '../unit-connection.js';
import { Arrivals } from './arrivals.js';
import { DueTimes } from './due-times.js';
import { type OpenLatencies, OpenTally } from './open-tally.js';
import { type Pause, PauseLog } from './pause-log.js';

export interface OpenLoadOptions extends Omit<LoadOptions, 'connections'> {
  /** The units that are due in a second. */
  perSecond: number;
  /** The shortest time without an answer that is listed as a pause. */
  pauseFromMs: number;
}

export interface OpenLoadResult extends LoadResult, OpenLatencies {
  /** How much later than due the generator sent 99 % of the first requests, at most. */
  sentLateP99Ms: number;
  /** The longest time without an answer while requests were under way. */
  longestPauseMs: number;
  pauses: Pause[];
}

/** The shortest interval of a timer. */
const TICK_MS = 1;
/** There are enough connections to send what is due in this time without any answer. */
const CONNECTIONS_FOR_MS = 250;
const OPENING_STEP_MS = 50;
const CONNECTIONS = { min: 64, max: 2000 };

/**
 * An open loop: units are sent when they are due, whether or not earlier ones were answered. Only when
 * all of its many connections wait for answers does a unit wait for one of them, and its latency grows.
 */
export async function generateOpenLoad(options: OpenLoadOptions): Promise<OpenLoadResult> {
  const tally = new OpenTally(options);
  const pauseLog = new PauseLog(tally.measureFromMs, options.pauseFromMs);
  const sentLate = new LatencyHistogram();
  const beginMs = tally.measureFromMs - options.warmupMs;
  const dueTimes = new DueTimes(beginMs, options.perSecond, tally.measureUntilMs);
  const arrivals = new Arrivals<UnitConnection>(dueTimes, (connection, dueMs) => {
    const nowMs = performance.now();
    if (dueMs >= tally.measureFromMs) sentLate.record(nowMs - dueMs);
    pauseLog.sent(nowMs);
    connection.startUnit(dueMs, nowMs);
  });
  const count = connectionsFor(options.perSecond);
  const open = connectionOpener({ ...options, connections: count }, tally, {
    onAnswer: (nowMs) => pauseLog.answered(nowMs),
    onFollowUp: (nowMs) => pauseLog.sent(nowMs),
    onIdle: (connection) =>
      connection.isUsed ? arrivals.ended(connection) : arrivals.add(connection),
  });

  const connections: UnitConnection[] = [];
  const endAll = (): void => {
    clearInterval(ticker);
    for (const connection of connections) connection.end();
  };
  const ticker = setInterval(() => {
    const nowMs = performance.now();
    pauseLog.tick(nowMs);
    arrivals.tick(nowMs);
    const isTooLate = nowMs > tally.measureUntilMs + DRAIN_MS;
    if (isTooLate) tally.recordError(`${arrivals.underWay} units had no answer`);
    if (isTooLate || arrivals.areOver) endAll();
  }, TICK_MS);
  await openGradually(count, options.warmupMs, (index) => connections.push(open(index)));
  await Promise.all(connections.map(({ closed }) => closed));
  clearInterval(ticker);
  return {
    ...tally.openResult(),
    sentLateP99Ms: sentLate.percentileMs(0.99),
    longestPauseMs: pauseLog.longestMs,
    pauses: pauseLog.pauses,
  };
}

function connectionsFor(perSecond: number): number {
  const wanted = Math.ceil((perSecond * CONNECTIONS_FOR_MS) / 1000);
  return Math.min(CONNECTIONS.max, Math.max(CONNECTIONS.min, wanted));
}

/** In steps over this time, because a server bounds the connections that have shown no key yet. */
async function openGradually(
  count: number,
  overMs: number,
  open: (index: number) => void,
): Promise<void> {
  const inStep = Math.ceil((count * OPENING_STEP_MS) / Math.max(overMs, OPENING_STEP_MS));
  for (let index = 0; index < count; index += 1) {
    open(index);
    if ((index + 1) % inStep === 0) await sleep(OPENING_STEP_MS);
  }
}
