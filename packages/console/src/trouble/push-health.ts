import type { PushDelivery, PushSubscription } from '@millrace/client';
import { countOf, formatDuration } from '../design/format.js';

/** How a receiver does, judged from the last pushes. */
export interface PushHealth {
  readonly state: 'well' | 'failing' | 'unsteady' | 'paused' | 'unused';
  /** A few words. */
  readonly label: string;
  /** What is the matter and what to do, in sentences. */
  readonly explanation: string;
}

/** After as many failures in a row the server slows down, and after as many outages its breaker opens. */
const FAILING_PUSHES = 5;

/** @param deliveries newest first */
export function pushHealth(
  { state, pausedReason }: Pick<PushSubscription, 'state' | 'pausedReason'>,
  deliveries: readonly PushDelivery[],
): PushHealth {
  if (state === 'paused') return paused(pausedReason);
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
  return {
    state: 'well',
    label: 'Delivers',
    explanation: `The last ${countOf(deliveries.length, 'push', 'pushes')} succeeded; half of them took less than ${medianInWords(deliveries)}.`,
  };
}

export const isSuccess = ({ status = 0 }: PushDelivery): boolean => status >= 200 && status < 300;

function paused(reason: string | undefined): PushHealth {
  return reason === 'gone'
    ? {
        state: 'paused',
        label: 'Paused: the receiver is gone',
        explanation: 'It answered 410. Mend its address, or resume when it is back.',
      }
    : {
        state: 'paused',
        label: 'Paused',
        explanation: 'Somebody paused it. The messages stay in the queue until it is resumed.',
      };
}

/** Only the server knows its breaker; what it did to a receiver shows in the list of pushes. */
function failing(latest: PushDelivery, inARow: number): PushHealth {
  const how =
    latest.status === undefined
      ? `there was no answer (${latest.error ?? 'no reason known'})`
      : `it answered ${latest.status}`;
  const nextStep = isOutage(latest)
    ? 'This looks like an outage: the breaker is open, and a probe is sent from time to time. Start the receiver; pushing then continues by itself.'
    : 'Mend the receiver; its answers use up the retries of the messages. Or pause the subscription meanwhile.';
  return {
    state: 'failing',
    label: 'Receiver fails',
    explanation: `The last ${inARow} pushes failed: ${how}. ${nextStep}`,
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
