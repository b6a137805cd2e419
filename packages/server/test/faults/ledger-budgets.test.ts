import { describe, expect, it } from 'vitest';
import { checkLedger } from './ledger-checker.js';
import { LedgerScript, LOST } from './ledger-script.js';
import type { InvariantName } from './violation.js';

/** Nacks and leases that ran out, each in the budget of its own. */

const script = (settings: Parameters<LedgerScript['create']>[0] = {}): LedgerScript =>
  new LedgerScript().server(0, 'starting').server(0, 'ready').create(settings);

const noReceipt = { queue: 'q', messageId: 'a' };

describe('failures within their budgets', () => {
  const clean: Record<string, LedgerScript> = {
    'a nack and a lease that ran out, each in its own budget': script({ maxRetries: 1 })
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .nack(30, 'a', 'a-r1')
      .deliver(40, 'a', 2)
      .deliver(2_000, 'a', 3)
      .ack(2_010, 'a', 'a-r3')
      .stats(),
    'leases that run out often where that has a budget': script({
      maxRetries: 0,
      maxExpiredLeases: 2,
    })
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .deliver(2_000, 'a', 2)
      .deliver(4_000, 'a', 3)
      .stats({ dlq: 1 }),
  };
  it.each(Object.entries(clean))('%s', (_name, ledger) => {
    expect(checkLedger(ledger.events)).toEqual([]);
  });
});

describe('failures that no budget allows are caught', () => {
  const faults: [InvariantName, string, () => LedgerScript][] = [
    [
      'lost-message',
      'no dead letter by leases that ran out within their budget',
      () =>
        script({ maxRetries: 0, maxExpiredLeases: 2 })
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .deliver(2_000, 'a', 2)
          .stats({ dlq: 1 }),
    ],
    [
      'too-many-failures',
      'delivered after the last nack',
      () =>
        script({ maxRetries: 1, maxExpiredLeases: 5 })
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .nack(30, 'a', 'a-r1')
          .deliver(40, 'a', 2)
          .nack(50, 'a', 'a-r2')
          .deliver(60, 'a', 3),
    ],
    [
      'too-many-failures',
      'delivered after the last lease that may run out',
      () =>
        script({ maxRetries: 5, maxExpiredLeases: 1 })
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .deliver(2_000, 'a', 2)
          .deliver(4_000, 'a', 3),
    ],
    [
      'too-many-failures',
      'more than both budgets together',
      () =>
        script({ maxRetries: 1 })
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .call([30, 31], 'nack', { ...noReceipt, receipt: 'a-r1' }, LOST)
          .deliver(2_000, 'a', 2)
          .call([2_010, 2_011], 'nack', { ...noReceipt, receipt: 'a-r2' }, LOST)
          .deliver(4_000, 'a', 3)
          .call([4_010, 4_011], 'nack', { ...noReceipt, receipt: 'a-r3' }, LOST)
          .deliver(6_000, 'a', 4),
    ],
    [
      'dead-letter-too-early',
      'with retries left',
      () =>
        script()
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .nack(30, 'a', 'a-r1', false)
          .stats({ dlq: 1 }),
    ],
  ];
  it.each(faults)('%s: %s', (invariant, _name, plant) => {
    const found = checkLedger(plant().events).map((violation) => violation.invariant);
    expect(found).toContain(invariant);
  });
});
