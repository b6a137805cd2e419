import { expect, it } from 'vitest';
import { QueueLook } from './queue-look.js';

it('a worker looks again after word of messages that came while a lease was under way', () => {
  const look = new QueueLook();
  look.on('began');
  look.on('told');
  expect(look.isLeasing).toBe(true);
  look.on('leftNone');
  expect(look.wantsLease).toBe(true);
});

it('a worker that found its queue empty leases nothing before it is told of messages', () => {
  const look = new QueueLook();
  look.on('began');
  look.on('leftNone');
  expect(look.wantsLease).toBe(false);
  look.on('told');
  expect(look.wantsLease).toBe(true);
});

it('a worker looks again at once where a lease has left messages', () => {
  const look = new QueueLook();
  look.on('began');
  expect(look.wantsLease).toBe(false);
  look.on('leftSome');
  expect(look.wantsLease).toBe(true);
});
