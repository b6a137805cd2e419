import type { WatchedQueue, WatchedStats } from '../api/watched-queue.js';
import { countOf, formatDuration, formatRelative } from '../design/format.js';

export type Severity = 'critical' | 'warning';

/** Something that a person should look at, in words. */
export interface Trouble {
  readonly severity: Severity;
  /** A few words for a table. */
  readonly label: string;
  /** What is the matter, as a sentence. */
  readonly explanation: string;
  /** What to do next, as a sentence. */
  readonly nextStep: string;
  /** The tab of the queue's page where that is done. */
  readonly tab: 'messages' | 'dead-letters' | 'push' | 'overview';
}

/** Messages that wait shorter than this are no sign of anything. */
const UNFETCHED_SECONDS = 60;
const OLD_SECONDS = 300;

/** What is wrong with a queue, the worst first. It is judged from its counts alone. */
export function troublesOf(queue: WatchedQueue, nowMs: number): Trouble[] {
  const found = [growingDeadLetters(queue), nobodyFetches(queue, nowMs), fallsBehind(queue, nowMs)];
  const isGrowing = found[0] !== undefined;
  if (!isGrowing) found.push(waitingDeadLetters(queue));
  return found
    .filter((trouble) => trouble !== undefined)
    .sort((one, other) => rankOf(one.severity) - rankOf(other.severity));
}

/** 0 for the worst; queues without trouble come last. */
export const rankOf = (severity: Severity | undefined): number =>
  severity === 'critical' ? 0 : severity === 'warning' ? 1 : 2;

function growingDeadLetters({ stats, activity }: WatchedQueue): Trouble | undefined {
  const added = activity?.deadLettered ?? 0;
  if (added === 0 || stats.dlq === 0) return undefined;
  return {
    severity: 'critical',
    label: 'Dead letters grow',
    explanation: `${countOf(added, 'message')} became dead letters in the last minute; there are ${countOf(stats.dlq, 'dead letter')} now.`,
    nextStep: 'Read why the last deliveries failed, mend the consumer, then redrive them.',
    tab: 'dead-letters',
  };
}

function waitingDeadLetters({ stats }: WatchedQueue): Trouble | undefined {
  if (stats.dlq === 0) return undefined;
  const isOne = stats.dlq === 1;
  return {
    severity: 'warning',
    label: countOf(stats.dlq, 'dead letter'),
    explanation: `${countOf(stats.dlq, 'dead letter')} ${isOne ? 'waits' : 'wait'} for somebody to decide.`,
    nextStep: `Read why ${isOne ? 'it' : 'they'} failed, then redrive or purge ${isOne ? 'it' : 'them'}.`,
    tab: 'dead-letters',
  };
}

/** Seconds since somebody asked for messages; undefined if the server does not say. */
function unfetchedSeconds({ stats }: WatchedQueue, nowMs: number): number | undefined {
  if (stats.waitingConsumers === undefined) return undefined;
  if (stats.waitingConsumers > 0) return 0;
  if (stats.lastFetchAt === undefined) return Number.POSITIVE_INFINITY;
  return (nowMs - Date.parse(stats.lastFetchAt)) / 1_000;
}

function nobodyFetches(queue: WatchedQueue, nowMs: number): Trouble | undefined {
  const { available, oldestAgeSeconds = 0, waitingConsumers, lastFetchAt } = queue.stats;
  const seconds = unfetchedSeconds(queue, nowMs);
  const isUnfetched = seconds !== undefined && seconds >= UNFETCHED_SECONDS;
  if (waitingConsumers === undefined || !isUnfetched) return undefined;
  if (available === 0 || oldestAgeSeconds < UNFETCHED_SECONDS) return undefined;
  const since =
    lastFetchAt === undefined
      ? 'Nobody has fetched from this queue yet'
      : `Nobody has fetched for ${formatDuration(seconds)}`;
  return {
    severity: 'critical',
    label: 'Nobody fetches',
    explanation: `${since}, and ${countOf(available, 'message waits', 'messages wait')}.`,
    nextStep: 'Start a worker, or add a push subscription, for this queue.',
    tab: 'push',
  };
}

function fallsBehind(queue: WatchedQueue, nowMs: number): Trouble | undefined {
  const { available, oldestAgeSeconds = 0, inFlight } = queue.stats;
  if (available === 0 || oldestAgeSeconds < OLD_SECONDS) return undefined;
  const seconds = unfetchedSeconds(queue, nowMs);
  if (seconds !== undefined && seconds >= UNFETCHED_SECONDS) return undefined;
  return {
    severity: 'warning',
    label: 'Falls behind',
    explanation: `The oldest message has waited for ${formatDuration(oldestAgeSeconds)}; ${countOf(available, 'message waits', 'messages wait')} and ${formatCountOfLeases(inFlight)}.`,
    nextStep: 'Run more workers, or find out why each message takes so long.',
    tab: 'messages',
  };
}

const formatCountOfLeases = (inFlight: number): string =>
  inFlight === 0 ? 'none is being worked on' : `${countOf(inFlight, 'is', 'are')} in flight`;

/** When somebody last asked for messages, in words. */
export function fetchedInWords(stats: WatchedStats, nowMs: number): string {
  const { waitingConsumers, lastFetchAt } = stats;
  if (waitingConsumers === undefined) return '–';
  if (waitingConsumers > 0) return `${waitingConsumers} waiting`;
  return lastFetchAt === undefined ? 'never' : formatRelative(lastFetchAt, nowMs);
}
