import { expect, it } from 'vitest';
import { afterEvent, type WorkerEvent, type WorkerState } from './worker-state.js';

const after = (...events: WorkerEvent[]): WorkerState =>
  events.reduce<WorkerState>(afterEvent, 'created');

it('a worker whose receiver is gone leases nothing before its subscription is updated', () => {
  expect(after('started', 'mayLease', 'receiverGone', 'mayLease')).toBe('gone');
  expect(after('started', 'mayLease', 'receiverGone', 'updated', 'mayLease')).toBe('waiting');
});

it('a worker goes on where its subscription could not be paused', () => {
  expect(after('started', 'receiverGone', 'pauseFailed')).toBe('held');
});

it('a worker that stops begins nothing more, whatever comes', () => {
  const events: WorkerEvent[] = ['started', 'mayLease', 'receiverGone', 'updated', 'mayNotLease'];
  for (const event of events) expect(after('started', 'stopped', event)).toBe('stopping');
});
