import { describe, expect, it } from 'vitest';
import { checkLedger } from './ledger-checker.js';
import { LedgerScript, LOST, NEVER_SENT, payloadOf, refused } from './ledger-script.js';
import type { InvariantName } from './violation.js';

/** Begins a script with a started server and a queue. */
function script(settings: Parameters<LedgerScript['create']>[0] = {}): LedgerScript {
  return new LedgerScript().server(0, 'starting').server(0, 'ready').create(settings);
}

function invariantsOf(ledger: LedgerScript): InvariantName[] {
  return [...new Set(checkLedger(ledger.events).map((violation) => violation.invariant))];
}

const noReceipt = { queue: 'q', messageId: 'a' };
const keyed = { queue: 'q', payload: payloadOf('a'), idempotencyKey: 'k' };
const polled = { queue: 'q', maxMessages: 1 };

describe('the ledger checker, on ledgers without a fault', () => {
  const clean: Record<string, LedgerScript> = {
    'a delivery and its ack': script()
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .ack(30, 'a', 'a-r1')
      .stats(),
    'a nack, an expired lease, and an ack of a lease that ran out': script()
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .nack(30, 'a', 'a-r1')
      .deliver(40, 'a', 2)
      .deliver(1_050, 'a', 3)
      .ack(5_000, 'a', 'a-r3')
      .stats(),
    'a lost answer to a publish, retried under its key': script()
      .call([10, 11], 'publish', keyed, LOST)
      .call([20, 21], 'publish', keyed, NEVER_SENT)
      .call([30, 31], 'publish', keyed, { messageId: 'a' })
      .deliver(40, 'a', 1)
      .ack(50, 'a', 'a-r1')
      .stats(),
    'a publish without an answer that took effect': script()
      .call([10, 11], 'publish', { queue: 'q', payload: payloadOf('a') }, LOST)
      .deliver(40, 'a', 1)
      .ack(50, 'a', 'a-r1')
      .stats(),
    'a publish without an answer that had no effect': script()
      .call([10, 11], 'publish', keyed, LOST)
      .stats(),
    'an ack without an answer': script()
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .call([30, 31], 'ack', { ...noReceipt, receipt: 'a-r1' }, LOST)
      .stats(),
    'a release, which counts no failure': script({ maxRetries: 0 })
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .call(
        [30, 31],
        'extend',
        { ...noReceipt, receipt: 'a-r1', visibilityTimeoutMs: 0 },
        { extended: true },
      )
      .deliver(40, 'a', 2)
      .ack(50, 'a', 'a-r2')
      .stats(),
    'a dead letter after the last retry': script({ maxRetries: 1 })
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .nack(30, 'a', 'a-r1')
      .deliver(40, 'a', 2)
      .nack(50, 'a', 'a-r2', false)
      .stats({ dlq: 1 }),
    'a dead letter consumed from its dead-letter queue': script({ queue: 'dead' })
      .create({ maxRetries: 0, deadLetterQueue: 'dead' })
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .nack(30, 'a', 'a-r1', false)
      .deliver(40, 'a', 1, { queue: 'dead', receipt: 'a-d1' })
      .call([50, 51], 'ack', { queue: 'dead', messageId: 'a', receipt: 'a-d1' }, { acked: true })
      .stats()
      .stats({}, 'dead'),
    'a lease that ran out in an outage, kept and then acked': script()
      .publish(10, 'a')
      .deliver(20, 'a', 1)
      .restart(100, 5_000)
      .ack(14_000, 'a', 'a-r1')
      .stats(),
    'a replayed consume that returns the same delivery': script()
      .publish(10, 'a')
      .call([20, 21], 'consume', { ...polled, idempotencyKey: 'c' }, LOST)
      .call(
        [900, 901],
        'consume',
        { ...polled, idempotencyKey: 'c' },
        {
          messages: [
            { messageId: 'a', payload: payloadOf('a'), receipt: 'a-r1', deliveryCount: 1 },
          ],
        },
      )
      .deliver(1_050, 'a', 2)
      .ack(1_060, 'a', 'a-r2')
      .stats(),
  };
  it.each(Object.entries(clean))('finds no violation in: %s', (_name, ledger) => {
    expect(checkLedger(ledger.events)).toEqual([]);
  });
});

describe('the ledger checker, on planted faults', () => {
  const delivered = () => script().publish(10, 'a').deliver(20, 'a', 1);
  const settled = () => delivered().ack(30, 'a', 'a-r1');
  const faults: [InvariantName, string, () => LedgerScript][] = [
    ['lost-message', 'a message that is never delivered', () => script().publish(10, 'a').stats()],
    ['lost-message', 'a message that is delivered once and then gone', () => delivered().stats()],
    [
      'lost-message',
      'a message counted as a dead letter with too few failures',
      () => delivered().stats({ dlq: 1 }),
    ],
    [
      'not-drained',
      'a message that is stuck in the queue',
      () => script().publish(10, 'a').stats({ available: 1 }),
    ],
    ['no-final-stats', 'stats that are never read', () => settled()],
    [
      'no-final-stats',
      'stats that are read before the last call',
      () => settled().stats().call([100_000, 100_001], 'consume', polled, { messages: [] }),
    ],
    [
      'stats-balance',
      'stats of more messages than were published',
      () => settled().stats({ dlq: 1 }),
    ],
    [
      'stats-balance',
      'stats of fewer messages than are unsettled',
      () =>
        script({ maxRetries: 0 })
          .publish(10, 'a')
          .deliver(20, 'a', 1)
          .nack(30, 'a', 'a-r1', false)
          .stats(),
    ],
    [
      'stats-balance',
      'dead letters counted as moved that are in no queue',
      () =>
        script({ queue: 'dead' })
          .create({ deadLetterQueue: 'dead' })
          .stats({ dlq: 1 })
          .stats({}, 'dead'),
    ],
    [
      'invented-message',
      'a delivery of a message that no publish sent',
      () => script().deliver(20, 'x', 1).stats(),
    ],
    [
      'altered-payload',
      'a payload with other white space',
      () =>
        script()
          .publish(10, 'a')
          .deliver(20, 'a', 1, { payload: '{"token": "a"}' })
          .ack(30, 'a', 'a-r1')
          .stats(),
    ],
    [
      'refused-publish-delivered',
      'a delivery after STORE_UNAVAILABLE',
      () =>
        script()
          .call([10, 11], 'publish', keyed, refused(503, 'STORE_UNAVAILABLE'))
          .deliver(20, 'a', 1)
          .ack(30, 'a', 'a-r1')
          .stats(),
    ],
    [
      'refused-publish-delivered',
      'a delivery of a publish that was never sent',
      () =>
        script()
          .call([10, 11], 'publish', keyed, NEVER_SENT)
          .deliver(20, 'a', 1)
          .ack(30, 'a', 'a-r1')
          .stats(),
    ],
    [
      'duplicate-publish',
      'two messages for two publishes under one key',
      () =>
        script()
          .call([10, 11], 'publish', keyed, { messageId: 'a' })
          .call([12, 13], 'publish', keyed, { messageId: 'b' })
          .stats({ available: 2 }),
    ],
    [
      'duplicate-publish',
      'a second message of a retried publish',
      () =>
        script()
          .call([10, 11], 'publish', keyed, LOST)
          .call([12, 13], 'publish', keyed, { messageId: 'a' })
          .deliver(20, 'a', 1)
          .deliver(22, 'b', 1, { payload: payloadOf('a') })
          .stats({ inFlight: 2 }),
    ],
    [
      'message-id-reused',
      'two publishes with one message id',
      () =>
        script().publish(10, 'a').publish(12, 'a', { payload: '"other"' }).stats({ available: 1 }),
    ],
    [
      'wrong-queue',
      'a delivery from another queue',
      () =>
        script()
          .create({ queue: 'p' })
          .publish(10, 'a')
          .deliver(20, 'a', 1, { queue: 'p' })
          .ack(30, 'a', 'a-r1')
          .stats()
          .stats({}, 'p'),
    ],
    [
      'delivered-too-early',
      'a delivery before the delay is over',
      () => script().publish(10, 'a', { delayMs: 500 }).deliver(400, 'a', 1).ack(410, 'a', 'a-r1'),
    ],
    [
      'delivered-too-early',
      'a delivery before the delay of a nack is over',
      () =>
        delivered()
          .call(
            [30, 31],
            'nack',
            { ...noReceipt, receipt: 'a-r1', delayMs: 500 },
            { nacked: true, requeued: true },
          )
          .deliver(300, 'a', 2),
    ],
    ['double-lease', 'a second lease during the first', () => delivered().deliver(500, 'a', 2)],
    [
      'double-lease',
      'a second lease during an extension',
      () =>
        delivered()
          .call(
            [900, 901],
            'extend',
            { ...noReceipt, receipt: 'a-r1', visibilityTimeoutMs: 1_000 },
            { extended: true },
          )
          .deliver(1_500, 'a', 2),
    ],
    [
      'double-lease',
      'a second lease after a refused nack',
      () =>
        delivered()
          .call(
            [30, 31],
            'nack',
            { ...noReceipt, receipt: 'a-r1' },
            { nacked: false, requeued: false },
          )
          .deliver(100, 'a', 2),
    ],
    [
      'double-lease',
      'a second lease because a restart ended the first',
      () => delivered().restart(100, 200).deliver(500, 'a', 2),
    ],
    [
      'double-lease',
      'a second lease because one that ran out in an outage was not kept',
      () => delivered().restart(100, 5_000).deliver(9_000, 'a', 2),
    ],
    [
      'live-lease-refused',
      'LEASE_LOST for a lease that still ran',
      () =>
        delivered().call(
          [200, 201],
          'ack',
          { ...noReceipt, receipt: 'a-r1' },
          refused(409, 'LEASE_LOST'),
        ),
    ],
    [
      'live-lease-refused',
      'acked:false for a lease that spans a restart',
      () => delivered().restart(100, 200).ack(400, 'a', 'a-r1', false),
    ],
    [
      'ack-then-delivered',
      'a delivery after the ack',
      () => settled().deliver(5_000, 'a', 2).stats(),
    ],
    [
      'ack-then-delivered',
      'a later delivery although the ack succeeded',
      () => delivered().deliver(1_050, 'a', 2).ack(1_040, 'a', 'a-r1'),
    ],
    [
      'ack-then-delivered',
      'a delivery after an ack without a receipt',
      () => delivered().call([30, 31], 'ack', noReceipt, { acked: true }).deliver(5_000, 'a', 2),
    ],
    ['settled-twice', 'two acks of one message', () => settled().ack(40, 'a', 'a-r1').stats()],
    [
      'settled-twice',
      'an ack with a receipt that has nacked',
      () => delivered().nack(30, 'a', 'a-r1').ack(40, 'a', 'a-r1').stats(),
    ],
    [
      'stale-receipt-accepted',
      'an ack by the first holder',
      () => delivered().deliver(2_000, 'a', 2).ack(2_100, 'a', 'a-r1').stats(),
    ],
    [
      'stale-receipt-accepted',
      'a nack by the first holder',
      () => delivered().deliver(2_000, 'a', 2).nack(2_100, 'a', 'a-r1'),
    ],
    [
      'receipt-reused',
      'a receipt used by the next delivery',
      () => delivered().deliver(2_000, 'a', 2, { receipt: 'a-r1' }),
    ],
    [
      'receipt-reused',
      'a receipt used by another message',
      () => delivered().publish(30, 'b').deliver(40, 'b', 1, { receipt: 'a-r1' }),
    ],
    [
      'delivery-count-order',
      'a repeated delivery count',
      () => delivered().deliver(2_000, 'a', 1, { receipt: 'other' }),
    ],
    [
      'delivery-count-order',
      'a falling delivery count',
      () =>
        script()
          .publish(10, 'a')
          .deliver(20, 'a', 2, { receipt: 'first' })
          .deliver(2_000, 'a', 1, { receipt: 'second' }),
    ],
    [
      'delivery-count-gap',
      'a delivery count with unseen deliveries',
      () => delivered().deliver(2_000, 'a', 3),
    ],
    [
      'unexpected-answer',
      'an internal error',
      () => script().call([10, 11], 'publish', keyed, refused(500, 'INTERNAL')).stats(),
    ],
    [
      'unexpected-answer',
      'an unreadable answer',
      () =>
        script()
          .call([10, 11], 'consume', polled, { kind: 'malformed', reason: 'no JSON' })
          .stats(),
    ],
    [
      'server-crashed',
      'a node that the test did not kill',
      () => settled().server(40, 'crashed').stats(),
    ],
  ];

  it.each(faults)('reports %s: %s', (invariant, _name, plant) => {
    expect(invariantsOf(plant())).toContain(invariant);
  });
});
