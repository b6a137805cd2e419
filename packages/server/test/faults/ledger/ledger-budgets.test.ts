import { describe, expect, it } from 'vitest';
import { checkLedger } from './ledger-checker.js';
import { LedgerScript, LOST } from './ledger-script.js';
import type { InvariantName } from './violation.js';

/** Nacks and leases that ran out, each counted in its own budget. */

const script = (settings: Parameters<LedgerScript['create']>[0] = {}): LedgerScript =>
  new LedgerScript().server(0, 'starting').server(0, 'ready').create(settings);

const noReceipt = { queue: 'q', messageId: 'a' };

describe('the ledger checker, on failures within their budgets', () => {
  const clean: Record<string, LedgerScript> = {
    'a nack and an expired lease, each in its own budget': script({ maxRetries: 1 })
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .nack(30, 'a', 'a-r1')
      .deliver(40, 'a', 2)
      .deliver(2_000, 'a', 3)
      .ack(2_010, 'a', 'a-r3')
      .stats(),
    'several expired leases within a budget of their own': script({
      maxRetries: 0,
      maxExpiredLeases: 2,
    })
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .deliver(2_000, 'a', 2)
      .deliver(4_000, 'a', 3)
      .stats({ dlq: 1 }),
  };
  it.each(Object.entries(clean))('finds no violation in: %s', (_name, ledger) => {
    expect(checkLedger(ledger.events)).toEqual([]);
  });
});

describe('the ledger checker, on failures beyond their budgets', () => {
  const faults: [InvariantName, string, () => LedgerScript][] = [
    [
      'lost-message',
      'a dead letter after expired leases within their budget',
      () =>
        script({ maxRetries: 0, maxExpiredLeases: 2 })
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .deliver(2_000, 'a', 2)
          .stats({ dlq: 1 }),
    ],
    [
      'too-many-failures',
      'a delivery after the last allowed nack',
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
      'a delivery after the last lease that may expire',
      () =>
        script({ maxRetries: 5, maxExpiredLeases: 1 })
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .deliver(2_000, 'a', 2)
          .deliver(4_000, 'a', 3),
    ],
    [
      'too-many-failures',
      'more failures than both budgets allow',
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
      'a dead letter with retries left',
      () =>
        script()
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .nack(30, 'a', 'a-r1', false)
          .stats({ dlq: 1 }),
    ],
  ];
  it.each(faults)('reports %s: %s', (invariant, _name, plant) => {
    const found = checkLedger(plant().events).map((violation) => violation.invariant);
    expect(found).toContain(invariant);
  });
});
