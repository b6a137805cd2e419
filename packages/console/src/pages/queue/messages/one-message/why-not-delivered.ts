import type { PeekedMessage, QueueStats } from '@millrace/client';
import { formatRelative } from '../../../../design/format.js';

type Seen = Pick<PeekedMessage, 'state' | 'stateReason' | 'deliveryCount'>;

/** Why a message is not with a consumer now, as a sentence; what the server calls it is not for people. */
export function whyNotDelivered(
  { state, stateReason = '', deliveryCount }: Seen,
  stats: QueueStats | undefined,
  nowMs: number,
): string {
  const until = /until (\S+)$/.exec(stateReason)?.[1];
  const when = until === undefined ? 'later' : formatRelative(until, nowMs);
  switch (state) {
    case 'leased':
      return `A consumer has it. If that neither acks nor extends, it comes back ${when}.`;
    case 'delayed':
      return deliveryCount > 0
        ? `It failed, and its retry is due ${when}.`
        : `It was published with a delay, and is due ${when}.`;
    case 'dead':
      return 'It is a dead letter. It is delivered again only after a redrive.';
    default:
      return stateReason === '' ? whyStillAvailable(stats, nowMs) : whyBehindHead(stats, nowMs);
  }
}

/** The same for a list, where nothing else tells what the consumer, or the receiver of a push, said last. */
export function whyWithFailure(
  message: Seen & Pick<PeekedMessage, 'lastError'>,
  stats: QueueStats | undefined,
  nowMs: number,
): string {
  const why = whyNotDelivered(message, stats, nowMs);
  const { lastError } = message;
  return lastError === undefined ? why : `${why} The last failure: ${lastError}`;
}

/** The first message of its group may be held by a consumer or a delay, or wait for a consumer itself. */
function whyBehindHead(stats: QueueStats | undefined, nowMs: number): string {
  const order = 'Earlier messages of its message group come first';
  const isHeld = stats === undefined || stats.inFlight + stats.delayed > 0;
  return isHeld
    ? `${order}, and while one of them is leased or delayed, this one waits.`
    : `${order}. ${whyStillAvailable(stats, nowMs)}`;
}

/** Consumers that fetched this lately are at work on the messages before it. */
const AT_WORK_MS = 60_000;

/** Nothing holds it back, so the consumers do. */
function whyStillAvailable(stats: QueueStats | undefined, nowMs: number): string {
  if (stats === undefined) return 'Nothing holds it back.';
  const { waitingConsumers, lastFetchAt } = stats;
  if (waitingConsumers > 0) return 'A consumer waits and is about to get it.';
  if (lastFetchAt === undefined) {
    return 'No consumer has ever fetched from this queue. If messages are pushed, see Push.';
  }
  const last = `The last fetch was ${formatRelative(lastFetchAt, Math.max(nowMs, Date.parse(lastFetchAt)))}.`;
  return nowMs - Date.parse(lastFetchAt) < AT_WORK_MS
    ? `It is not its turn yet: earlier messages come first. ${last}`
    : `Nobody fetches. ${last}`;
}
