import type { PushDelivery } from '@millrace/client';
import type { Series } from '../../../charts/series.js';

/** How long the pushes took, one after another: many of them may come in the same second. @param deliveries newest first */
export function latencySeries(deliveries: readonly PushDelivery[]): {
  readonly positions: readonly number[];
  readonly series: readonly Series[];
} {
  const inOrder = [...deliveries].reverse();
  return {
    positions: inOrder.map((_, index) => index + 1),
    series: [
      { label: 'Duration', colour: 'blue', values: inOrder.map(({ durationMs }) => durationMs) },
    ],
  };
}
