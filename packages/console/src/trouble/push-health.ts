import type { PushDelivery, PushSubscription } from '@millrace/client';
import { formatDuration, formatRelative } from '../design/format.js';

/** How a receiver does, judged from the last pushes. */
export interface PushHealth {
  readonly state: 'well' | 'failing' | 'unsteady' | 'paused' | 'unused';
  /** A few words. */
  readonly label: string;
  /** What is the matter and what to do, in sentences. */
  readonly explanation: string;
}

type Judged = Pick<PushSubscription, 'state' | 'pausedReason' | 'breaker' | 'nextProbeAt'>;

/** After as many failures in a row the server slows down, and after as many outages its breaker opens. */
const FAILING_PUSHES = 5;

/** @param deliveries newest first */
export function pushHealth(
  subscription: Judged,
  deliveries: readonly PushDelivery[],
  nowMs = Date.now(),
): PushHealth {
  if (subscription.state === 'paused') return paused(subscription.pausedReason);
  if (subscription.breaker === 'open') return heldBack(subscription, deliveries, nowMs);
  const [latest] = deliveries;
  if (latest === undefined) {
    return {
      state: 'unused',
      label: 'Nothing pushed yet',
      explanation: 'Test it to see whether the receiver answers.',
    };
  }
  const failures = deliveries.findIndex(isSuccess);
  const inARow = failures === -1 ? deliveries.length : failures;
  if (inARow >= FAILING_PUSHES) return failing(latest, inARow);
  const failed = deliveries.filter((one) => !isSuccess(one)).length;
  if (failed > 0) {
    return {
      state: 'unsteady',
      label: `${failed} of the last ${deliveries.length} failed`,
      explanation: `The others succeeded; half of them took less than ${medianInWords(deliveries)}.`,
    };
  }
  const took = medianInWords(deliveries);
  return {
    state: 'well',
    label: 'Delivers',
    explanation:
      deliveries.length === 1
        ? `The last push succeeded and took ${took}.`
        : `The last ${deliveries.length} pushes succeeded; half of them took less than ${took}.`,
  };
}

export const isSuccess = ({ status = 0 }: PushDelivery): boolean => status >= 200 && status < 300;

function paused(reason: string | undefined): PushHealth {
  return reason === 'gone'
    ? {
        state: 'paused',
        label: 'Receiver is gone',
        explanation:
          'It answered 410, so the subscription is paused. Mend its address, or resume when it is back.',
      }
    : {
        state: 'paused',
        label: 'Paused',
        explanation:
          'The subscription is paused: its messages stay in the queue until somebody resumes it.',
      };
}

/** The breaker is open, so messages are not leased and use no retries. */
function heldBack(
  { nextProbeAt }: Judged,
  [latest]: readonly PushDelivery[],
  nowMs: number,
): PushHealth {
  const outage = latest === undefined || isSuccess(latest) ? '' : `: ${answerInWords(latest)}`;
  const isDue = nextProbeAt !== undefined && Date.parse(nextProbeAt) > nowMs;
  const probe = isDue
    ? `The next probe is due ${formatRelative(nextProbeAt, nowMs)}.`
    : 'A probe is under way, or waits for a message.';
  return {
    state: 'failing',
    label: 'Receiver is down',
    explanation: `The breaker is open after several outages in a row${outage}. The messages stay in the queue and use no retries. ${probe} Start the receiver; pushing then continues by itself.`,
  };
}

const answerInWords = ({ status, error }: PushDelivery): string =>
  status === undefined
    ? `there was no answer (${error ?? 'no reason known'})`
    : `it answered ${status}`;

function failing(latest: PushDelivery, inARow: number): PushHealth {
  const nextStep = isOutage(latest)
    ? 'This looks like an outage. Start the receiver; pushing then continues by itself.'
    : 'Mend the receiver; its answers use up the retries of the messages. Or pause the subscription meanwhile.';
  return {
    state: 'failing',
    label: 'Receiver fails',
    explanation: `The last ${inARow} pushes failed: ${answerInWords(latest)}. ${nextStep}`,
  };
}

/** By the table of failures in PROTOCOL.md. */
const isOutage = ({ status }: PushDelivery): boolean =>
  status === undefined || [429, 502, 503, 504].includes(status);

function medianInWords(deliveries: readonly PushDelivery[]): string {
  const durations = deliveries
    .filter(isSuccess)
    .map(({ durationMs }) => durationMs)
    .sort((one, other) => one - other);
  const medianMs = durations[Math.floor(durations.length / 2)] ?? 0;
  return medianMs < 1_000
    ? `${Math.max(1, Math.round(medianMs))} ms`
    : formatDuration(medianMs / 1_000);
}
