import { expect, it } from 'vitest';
import { LeaseNeed } from './lease-need.js';

it('a worker looks again after word of messages that came while a lease was under way', () => {
  const need = new LeaseNeed();
  need.on('began');
  need.on('told');
  expect(need.isLeasing).toBe(true);
  need.on('leftNone');
  expect(need.wantsLease).toBe(true);
});

it('a worker that found its queue empty leases nothing before it is told of messages', () => {
  const need = new LeaseNeed();
  need.on('began');
  need.on('leftNone');
  expect(need.wantsLease).toBe(false);
  need.on('told');
  expect(need.wantsLease).toBe(true);
});

it('a worker looks again at once where a lease has left messages', () => {
  const need = new LeaseNeed();
  need.on('began');
  expect(need.wantsLease).toBe(false);
  need.on('leftSome');
  expect(need.wantsLease).toBe(true);
});
