import type { PushDelivery } from '@millrace/client';
import type { Series } from '../../../charts/series.js';

/** How long the pushes took, in the order of time. @param deliveries newest first */
export function latencySeries(deliveries: readonly PushDelivery[]): {
  readonly times: readonly number[];
  readonly series: readonly Series[];
} {
  const inOrder = [...deliveries].reverse();
  return {
    times: inOrder.map(({ at }) => Date.parse(at) / 1_000),
    series: [
      { label: 'Duration', colour: 'blue', values: inOrder.map(({ durationMs }) => durationMs) },
    ],
  };
}
