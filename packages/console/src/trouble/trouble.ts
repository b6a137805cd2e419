import type { QueueStats } from '@millrace/client';
import type { WatchedQueue } from '../api/watched-queue.js';
import { countOf, formatCount, formatDuration, formatRelative, isOrAre } from '../design/format.js';

export type Severity = 'critical' | 'warning';

/** Something that a person should look at, in words. */
export interface Trouble {
  readonly severity: Severity;
  /** What it is about. Trouble with the consumers may be trouble with the receiver of pushes. */
  readonly about: 'consumers' | 'dead-letters' | 'receiver';
  /** Two troubles of one topic exclude each other. */
  readonly topic: 'dead-letters' | 'waiting' | 'failures' | 'receiver';
  /** A few words for a table. */
  readonly label: string;
  /** What is the matter, as a sentence. */
  readonly explanation: string;
  /** What to do next, as a sentence. */
  readonly nextStep: string;
  /** The tab of the queue's page where that is done, and what it is to show. */
  readonly tab: 'messages' | 'messages?state=delayed' | 'dead-letters' | 'push';
}

/** Messages that wait shorter than this are no sign of anything. */
const UNFETCHED_SECONDS = 60;
/** From here on a wait is a sign even if as many messages go as come. */
const OLD_SECONDS = 300;
/** More comes than goes if it is by a tenth: the counts of a minute are estimates. */
const OUTPACED_FROM = 1.1;
/** Fewer failures in a minute may be chance. */
const FAILURES = 5;

/** What is wrong with a queue, the worst first. It is judged from its counts and its last minute. */
export function troublesOf(queue: WatchedQueue, nowMs: number): Trouble[] {
  const found = [
    growingDeadLetters(queue) ?? waitingDeadLetters(queue),
    nobodyFetches(queue, nowMs) ?? fallsBehind(queue),
    failingDeliveries(queue),
  ];
  return found.filter((trouble) => trouble !== undefined).sort(bySeverity);
}

/** The worst first. */
export const bySeverity = (one: Trouble, other: Trouble): number =>
  rankOf(one.severity) - rankOf(other.severity);

/** 0 for the worst; queues without trouble come last. */
export const rankOf = (severity: Severity | undefined): number =>
  severity === 'critical' ? 0 : severity === 'warning' ? 1 : 2;

function growingDeadLetters({ stats, activity }: WatchedQueue): Trouble | undefined {
  const added = activity?.deadLettered ?? 0;
  if (added === 0 || stats.dlq === 0) return undefined;
  const became = added === 1 ? 'became a dead letter' : 'became dead letters';
  return {
    severity: 'critical',
    about: 'dead-letters',
    topic: 'dead-letters',
    label: 'Dead letters grow',
    explanation: `${countOf(added, 'message')} ${became} in the last minute. There ${isOrAre(stats.dlq)} ${formatCount(stats.dlq)} now.`,
    nextStep: 'Read why the last deliveries failed, mend the consumer, then redrive them.',
    tab: 'dead-letters',
  };
}

function waitingDeadLetters({ stats }: WatchedQueue): Trouble | undefined {
  if (stats.dlq === 0) return undefined;
  const isOne = stats.dlq === 1;
  return {
    severity: 'warning',
    about: 'dead-letters',
    topic: 'dead-letters',
    label: countOf(stats.dlq, 'dead letter'),
    explanation: `${countOf(stats.dlq, 'dead letter')} ${isOne ? 'waits' : 'wait'} for somebody to decide.`,
    nextStep: `Read why ${isOne ? 'it' : 'they'} failed, then redrive or purge ${isOne ? 'it' : 'them'}.`,
    tab: 'dead-letters',
  };
}

/** Neither a consumer nor a push has taken a message, although some wait. */
function nobodyFetches({ stats, activity }: WatchedQueue, nowMs: number): Trouble | undefined {
  const { available, oldestAgeSeconds = 0, lastFetchAt } = stats;
  if (available === 0 || oldestAgeSeconds < UNFETCHED_SECONDS) return undefined;
  const seconds = unfetchedSeconds(stats, nowMs);
  if (seconds < UNFETCHED_SECONDS || (activity?.delivered ?? 0) > 0) return undefined;
  const since =
    lastFetchAt === undefined
      ? 'Nobody has fetched from this queue yet'
      : `Nobody has fetched for ${formatDuration(seconds)}`;
  return {
    severity: 'critical',
    about: 'consumers',
    topic: 'waiting',
    label: 'Nobody fetches',
    explanation: `${since}, and ${countOf(available, 'message waits', 'messages wait')}.`,
    nextStep: 'Start a worker for this queue, or subscribe a url.',
    tab: 'push',
  };
}

function unfetchedSeconds({ waitingConsumers, lastFetchAt }: QueueStats, nowMs: number): number {
  if (waitingConsumers > 0) return 0;
  if (lastFetchAt === undefined) return Number.POSITIVE_INFINITY;
  return (nowMs - Date.parse(lastFetchAt)) / 1_000;
}

function fallsBehind({ stats, activity, type }: WatchedQueue): Trouble | undefined {
  const { available, oldestAgeSeconds = 0, inFlight } = stats;
  const { published = 0, acked = 0 } = activity ?? {};
  const isOutpaced = published > OUTPACED_FROM * acked;
  const signFromSeconds = isOutpaced ? UNFETCHED_SECONDS : OLD_SECONDS;
  if (available === 0 || oldestAgeSeconds < signFromSeconds) return undefined;
  const rates = isOutpaced
    ? ` In the last minute ${formatCount(published)} came and only ${formatCount(acked)} went.`
    : '';
  return {
    severity: 'warning',
    about: 'consumers',
    topic: 'waiting',
    label: 'Falls behind',
    explanation: `The oldest message has waited for ${formatDuration(oldestAgeSeconds)}; ${countOf(available, 'message waits', 'messages wait')}, ${formatCount(inFlight)} ${isOrAre(inFlight)} in flight.${rates}`,
    nextStep:
      type === 'fifo'
        ? 'Look for a delayed message that holds up its message group by failing again and again; if there is none, run more workers.'
        : 'Run more workers, or find out why each message takes so long.',
    tab: type === 'fifo' ? 'messages?state=delayed' : 'messages',
  };
}

function failingDeliveries({ activity }: WatchedQueue): Trouble | undefined {
  const { failed = 0, acked = 0 } = activity ?? {};
  if (failed < FAILURES || failed <= acked) return undefined;
  return {
    severity: 'warning',
    about: 'consumers',
    topic: 'failures',
    label: 'Deliveries fail',
    explanation: `In the last minute ${formatCount(failed)} deliveries failed and ${formatCount(acked)} succeeded.`,
    nextStep: 'Read the last errors of the messages, and mend the consumer.',
    tab: 'messages',
  };
}

/** When somebody last asked for messages, in words. What is delivered without a fetch is pushed. */
export function fetchedInWords(
  { stats, activity }: Pick<WatchedQueue, 'stats' | 'activity'>,
  nowMs: number,
): string {
  const { waitingConsumers, lastFetchAt } = stats;
  if (waitingConsumers > 0) return `${formatCount(waitingConsumers)} waiting`;
  if (lastFetchAt !== undefined) return formatRelative(lastFetchAt, nowMs);
  return (activity?.delivered ?? 0) > 0 ? 'pushed' : 'never';
}
