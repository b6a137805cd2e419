import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  canTransition,
  checkReceipt,
  extendsTooFar,
  LEASE_END,
  LEASE_TOTAL_MAX_MS,
  type LeaseView,
  STATE,
  type Verb,
} from './message-state.js';

const view = (given: Partial<LeaseView>): LeaseView => ({
  state: STATE.available,
  receipt: 'latest',
  leaseEnd: null,
  nacks: 0,
  expiredLeases: 0,
  ...given,
});

describe('checkReceipt', () => {
  const { expired, returned } = LEASE_END;
  const none = ['no_effect', 'no_effect', 'no_effect'] as const;
  const lost = ['lease_lost', 'lease_lost', 'no_effect'] as const;
  const acts = ['act', 'lease_lost', 'act'] as const;

  // Each list of answers is in the order: latest receipt, older receipt, no receipt.
  it.each([
    ['leased', view({ state: STATE.leased }), acts, acts],
    ['leased again after a lease ran out', view({ state: STATE.leased }), acts, acts],
    ['available after its lease ran out', view({ leaseEnd: expired }), acts, lost],
    ['available after a nack', view({ leaseEnd: returned }), lost, lost],
    ['delayed after a nack', view({ state: STATE.delayed, leaseEnd: returned }), lost, lost],
    ['never delivered', view({ receipt: null }), none, none],
    ['delayed and never delivered', view({ state: STATE.delayed, receipt: null }), none, none],
    ['dead', view({ state: STATE.dead, leaseEnd: expired }), none, none],
    ['unknown', undefined, none, none],
  ])(
    'has the answers of the contract for a message that is %s',
    (_name, message, ofAck, ofOthers) => {
      const answers = (verb: Verb) =>
        ['latest', 'older', null].map((receipt) => checkReceipt(message, receipt, verb));
      expect(answers('ack')).toEqual(ofAck);
      expect(answers('nack')).toEqual(ofOthers);
      expect(answers('extend')).toEqual(ofOthers);
    },
  );
});

describe('afterFailure', () => {
  const nack = (more: { requeue?: boolean; delayMs?: number } = {}) =>
    ({ expired: false, requeue: true, delayMs: 0, ...more }) as const;

  const budgets = { maxRetries: 3, maxExpiredLeases: 5 };
  const after = (nacks: number, expiredLeases: number, how: Parameters<typeof afterFailure>[2]) =>
    afterFailure({ nacks, expiredLeases }, budgets, how);

  it('retries within the budget of that kind of failure, after the given delay', () => {
    const nacked = { nacks: 3, expiredLeases: 5 };
    expect(after(2, 5, nack({ delayMs: 500 }))).toEqual({
      kind: 'retry',
      delayMs: 500,
      counts: nacked,
    });
    const expired = { nacks: 3, expiredLeases: 5 };
    expect(after(3, 4, { expired: true })).toEqual({ kind: 'retry', delayMs: 0, counts: expired });
  });

  it.each([
    ['max_retries', after(3, 0, nack())],
    ['max_retries', after(4, 0, nack())],
    ['expired_lease', after(0, 5, { expired: true })],
    ['expired_lease', after(3, 6, { expired: true })],
    ['rejected', after(0, 0, nack({ requeue: false }))],
    ['rejected', after(3, 5, nack({ requeue: false }))],
  ])('makes a dead letter because of %s', (reason, decision) => {
    expect(decision).toEqual({ kind: 'dead_letter', reason });
  });
});

it('canTransition allows exactly the legal moves', () => {
  const names = Object.keys(STATE) as (keyof typeof STATE)[];
  const moves = names.flatMap((from) =>
    names.filter((to) => canTransition(STATE[from], STATE[to])).map((to) => `${from} > ${to}`),
  );
  expect(moves.sort()).toEqual([
    'available > dead',
    'available > leased',
    'dead > available',
    'delayed > available',
    'delayed > dead',
    'leased > available',
    'leased > dead',
    'leased > delayed',
  ]);
});

it('extendsTooFar allows a lease twelve hours in total', () => {
  expect(LEASE_TOTAL_MAX_MS).toBe(12 * 3_600_000);
  expect(extendsTooFar(1_000, 1_000 + LEASE_TOTAL_MAX_MS)).toBe(false);
  expect(extendsTooFar(1_000, 1_001 + LEASE_TOTAL_MAX_MS)).toBe(true);
});
