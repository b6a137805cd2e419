import { expect, test } from 'vitest';
import { SteadyTroubles } from './steady-troubles.js';
import { NOW, queue } from './watched-queue-of-test.js';

const behind = queue(
  { available: 9, oldestAgeSeconds: 90, waitingConsumers: 1 },
  { published: 60, acked: 50 },
);
const evenly = queue(
  { available: 9, oldestAgeSeconds: 90, waitingConsumers: 1 },
  { published: 60, acked: 58 },
);

/** The labels of one queue, reading after reading. */
function labelsOver(...readings: [afterSeconds: number, reading: typeof behind][]) {
  const steady = new SteadyTroubles();
  return readings.map(([seconds, reading]) =>
    steady.of(reading, NOW + 1_000 * seconds).map(({ label }) => label),
  );
}

test('a trouble stays for a minute after it was last seen', () => {
  const labels = labelsOver([0, behind], [10, evenly], [20, behind], [79, evenly], [80, evenly]);
  expect(labels).toEqual([
    ['Falls behind'],
    ['Falls behind'],
    ['Falls behind'],
    ['Falls behind'],
    [],
  ]);
});

test('it goes at once when nothing is left of what it is about', () => {
  expect(labelsOver([0, behind], [10, queue({ available: 0 })])).toEqual([['Falls behind'], []]);
  const growing = queue({ dlq: 3 }, { deadLettered: 1 });
  expect(labelsOver([0, growing], [10, queue({ dlq: 0 })])).toEqual([['Dead letters grow'], []]);
});

test('a worse one takes its place at once, a better one only after a minute', () => {
  const waiting = queue({ dlq: 3 });
  const growing = queue({ dlq: 4 }, { deadLettered: 1 });
  const labels = labelsOver([0, waiting], [10, growing], [20, waiting], [90, waiting]);
  expect(labels).toEqual([
    ['3 dead letters'],
    ['Dead letters grow'],
    ['Dead letters grow'],
    ['3 dead letters'],
  ]);
});

test('the same trouble is told with its latest numbers', () => {
  const steady = new SteadyTroubles();
  steady.of(queue({ dlq: 3 }), NOW);
  expect(steady.of(queue({ dlq: 2 }), NOW + 1_000).map(({ label }) => label)).toEqual([
    '2 dead letters',
  ]);
});

test('one reading gives the same however often it is judged', () => {
  const steady = new SteadyTroubles();
  steady.of(behind, NOW);
  expect(steady.of(evenly, NOW + 5_000)).toEqual(steady.of(evenly, NOW + 5_000));
});
