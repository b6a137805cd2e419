import { describe, expect, it } from 'vitest';
import { checkLedger } from './ledger-checker.js';
import { LedgerScript, LOST, refused } from './ledger-script.js';
import type { InvariantName } from './violation.js';

/** Disturbances of nodes and queues while they work. */

const script = (settings: Parameters<LedgerScript['create']>[0] = {}): LedgerScript =>
  new LedgerScript().server(0, 'starting').server(0, 'ready').create(settings);

const asks = { queue: 'q', maxMessages: 1 };
const SILENT = { kind: 'failed', sent: true, reason: 'timeout' } as const;
const UNAVAILABLE = refused(503, 'STORE_UNAVAILABLE');
const record = { maxRetries: 3, maxExpiredLeases: 3, visibilityTimeoutMs: 1_000 };
const updated = (change: Partial<typeof record>) => ({ ...record, ...change });

describe('the ledger checker, on disturbed nodes and queues', () => {
  const clean: Record<string, LedgerScript> = {
    'a stopped node that gives no answer': script()
      .server(10, 'stopped')
      .call([20, 10_020], 'consume', asks, SILENT)
      .server(10_030, 'continued')
      .stats(),
    'a node that is cut off and refuses calls': script()
      .server(10, 'cut-off')
      .call([20_000, 20_001], 'consume', asks, UNAVAILABLE)
      .stats(),
    'nodes that refuse calls for a while after another was lost': script()
      .server(10, 'cut-off', 1)
      .call([7_000, 7_001], 'consume', asks, UNAVAILABLE)
      .stats(),
    'stopped nodes that continue, and keep no expired leases as after a start': script()
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .server(100, 'stopped')
      .server(5_000, 'continued')
      .deliver(5_010, 'a', 2)
      .ack(5_020, 'a', 'a-r2')
      .stats(),
    'messages that a purge may have taken': script()
      .publish(10, 'a')
      .publish(12, 'b')
      .deliver(20, 'a', 1)
      .call([30, 31], 'purge', { queue: 'q' }, { purged: 2 })
      .ack(40, 'a', 'a-r1', false)
      .stats(),
    'a purge without an answer': script()
      .publish(10, 'a')
      .call([30, 31], 'purge', { queue: 'q' }, LOST)
      .deliver(40, 'a', 1)
      .ack(50, 'a', 'a-r1')
      .stats(),
    'calls to a queue that was deleted': script()
      .publish(10, 'a')
      .call([30, 31], 'delete', { queue: 'q' }, { deleted: true })
      .call([40, 41], 'consume', asks, refused(404, 'QUEUE_NOT_FOUND')),
    'either of two settings during an update': script()
      .call([10, 30], 'update', { queue: 'q', maxRetries: 5 }, updated({ maxRetries: 5 }))
      .call([20, 21], 'get', { queue: 'q' }, record)
      .stats(),
    'a lease with a default that became shorter': script({ visibilityTimeoutMs: 9_000 })
      .call([5, 6], 'update', { queue: 'q', visibilityTimeoutMs: 1_000 }, record)
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .deliver(1_200, 'a', 2)
      .ack(1_210, 'a', 'a-r2')
      .stats(),
    'a budget that became smaller': script({ maxRetries: 3 })
      .publish(10, 'a')
      .call([12, 13], 'update', { queue: 'q', maxRetries: 0 }, updated({ maxRetries: 0 }))
      .deliver(20, 'a', 1)
      .nack(30, 'a', 'a-r1', false)
      .stats({ dlq: 1 }),
    'a dead letter in the second of two queues': script({ queue: 'dead' })
      .create({ queue: 'dead-2' })
      .create({ maxRetries: 0, deadLetterQueue: 'dead' })
      .call([5, 6], 'update', { queue: 'q', deadLetterQueue: 'dead-2' }, record)
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .nack(30, 'a', 'a-r1', false)
      .deliver(40, 'a', 1, { queue: 'dead-2', receipt: 'a-d1' })
      .call([50, 51], 'ack', { queue: 'dead-2', messageId: 'a', receipt: 'a-d1' }, { acked: true })
      .stats()
      .stats({}, 'dead')
      .stats({}, 'dead-2'),
    'a delayed message that comes on time': script()
      .publish(10, 'a', { delayMs: 500 })
      .call([100, 101], 'consume', asks, { messages: [] })
      .deliver(600, 'a', 1)
      .ack(610, 'a', 'a-r1')
      .stats(),
  };
  it.each(Object.entries(clean))('finds no violation in: %s', (_name, ledger) => {
    expect(checkLedger(ledger.events)).toEqual([]);
  });
});

describe('the ledger checker, on planted faults of nodes and queues', () => {
  const faults: [InvariantName, string, () => LedgerScript][] = [
    [
      'unanswered',
      'a running node that gives no answer',
      () => script().call([20, 9_000], 'consume', asks, SILENT),
    ],
    [
      'unanswered',
      'a node that continued and gives no answer',
      () =>
        script()
          .server(10, 'stopped')
          .server(20, 'continued')
          .call([30, 9_000], 'consume', asks, SILENT),
    ],
    [
      'held-up',
      'a call refused long after another node was lost',
      () => script().server(10, 'cut-off', 1).call([9_000, 9_001], 'consume', asks, UNAVAILABLE),
    ],
    [
      'held-up',
      'a call refused long after another node was stopped',
      () => script().server(10, 'stopped', 1).call([9_000, 9_001], 'consume', asks, UNAVAILABLE),
    ],
    [
      'overlooked',
      'a message that a consume does not find for long',
      () =>
        script()
          .publish(10, 'a')
          .call([11_000, 11_001], 'consume', asks, { messages: [] })
          .deliver(12_000, 'a', 1),
    ],
    [
      'purged-then-delivered',
      'a delivery after a purge',
      () =>
        script()
          .publish(10, 'a')
          .call([20, 21], 'purge', { queue: 'q' }, { purged: 1 })
          .deliver(30, 'a', 1),
    ],
    [
      'lost-message',
      'a message published after a purge',
      () => script().call([5, 6], 'purge', { queue: 'q' }, { purged: 0 }).publish(10, 'a').stats(),
    ],
    [
      'unexpected-answer',
      'QUEUE_NOT_FOUND for a queue that was not deleted',
      () => script().call([40, 41], 'consume', asks, refused(404, 'QUEUE_NOT_FOUND')),
    ],
    [
      'lost-update',
      'an update overwritten by another one',
      () =>
        script()
          .call([10, 20], 'update', { queue: 'q', maxRetries: 5 }, updated({ maxRetries: 5 }))
          .call([10, 20], 'update', { queue: 'q', visibilityTimeoutMs: 2_000 }, record)
          .call([30, 31], 'get', { queue: 'q' }, updated({ visibilityTimeoutMs: 2_000 })),
    ],
    [
      'double-lease',
      'a second lease before the shortest default in force is over',
      () =>
        script({ visibilityTimeoutMs: 9_000 })
          .call([5, 6], 'update', { queue: 'q', visibilityTimeoutMs: 1_000 }, record)
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .deliver(800, 'a', 2),
    ],
    [
      'dead-letter-too-early',
      'a dead letter before the smallest budget in force is used up',
      () =>
        script({ maxRetries: 3 })
          .call([5, 6], 'update', { queue: 'q', maxRetries: 2 }, updated({ maxRetries: 2 }))
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
