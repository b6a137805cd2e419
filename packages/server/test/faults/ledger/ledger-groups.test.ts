import { describe, expect, it } from 'vitest';
import { checkLedger } from './ledger-checker.js';
import { LedgerScript, LOST, payloadOf } from './ledger-script.js';
import type { InvariantName } from './violation.js';

/** Three messages of one message group, published one after the other. */
function script(maxRetries = 1_000): LedgerScript {
  const ledger = new LedgerScript().server(0, 'starting').server(0, 'ready');
  ledger.create({ type: 'fifo', maxRetries });
  for (const [at, messageId] of ['a', 'b', 'c'].entries()) {
    ledger.publish(10 + 2 * at, messageId, { groupId: 'g' });
  }
  return ledger;
}

/** One answer with these messages, each in the delivery with this count. */
function batch(ledger: LedgerScript, atMs: number, count: number, ...ids: string[]): LedgerScript {
  const messages = ids.map((messageId) => ({
    ...{ messageId, payload: payloadOf(messageId), deliveryCount: count },
    receipt: `${messageId}-r${count}`,
  }));
  return ledger.call([atMs, atMs + 1], 'consume', { queue: 'q', maxMessages: 10 }, { messages });
}

const settleAll = (ledger: LedgerScript, atMs: number, count: number, ...ids: string[]) =>
  ids.reduce((last, id, at) => last.ack(atMs + 2 * at, id, `${id}-r${count}`), ledger);

const invariantsOf = (ledger: LedgerScript): InvariantName[] => [
  ...new Set(checkLedger(ledger.events).map(({ invariant }) => invariant)),
];

describe('the ledger checker, on FIFO queues without a fault', () => {
  const clean: Record<string, LedgerScript> = {
    'one answer with all messages, in order': settleAll(
      ...([batch(script(), 20, 1, 'a', 'b', 'c'), 30, 1, 'a', 'b', 'c'] as const),
    ).stats(),
    'a nack that withdraws the later leases': settleAll(
      batch(batch(script(), 20, 1, 'a', 'b', 'c').nack(30, 'a', 'a-r1'), 40, 2, 'a', 'b', 'c'),
      ...([50, 2, 'a', 'b', 'c'] as const),
    ).stats(),
    'an ack of a later message whose lease ran out by itself': settleAll(
      batch(batch(script(), 20, 1, 'a', 'b', 'c'), 1_050, 2, 'a')
        .ack(1_060, 'b', 'b-r1')
        .ack(1_070, 'a', 'a-r2'),
      ...([1_080, 1, 'c'] as const),
    ).stats(),
    'an ack without an answer that freed its message group': settleAll(
      batch(
        batch(script(), 20, 1, 'a').call(
          ...([[30, 31], 'ack', { queue: 'q', messageId: 'a', receipt: 'a-r1' }, LOST] as const),
        ),
        ...([40, 1, 'b', 'c'] as const),
      ),
      ...([50, 1, 'b', 'c'] as const),
    ).stats(),
    'a dead letter that frees its message group': settleAll(
      batch(script(0).deliver(20, 'a', 1).nack(30, 'a', 'a-r1', false), 40, 1, 'b', 'c'),
      ...([50, 1, 'b', 'c'] as const),
    ).stats({ dlq: 1 }),
    'message groups that do not wait for each other': settleAll(
      script()
        .publish(20, 'd', { groupId: 'h' })
        .deliver(30, 'a', 1)
        .deliver(40, 'd', 1)
        .ack(50, 'd', 'd-r1')
        .ack(52, 'a', 'a-r1')
        .deliver(60, 'b', 1)
        .ack(70, 'b', 'b-r1')
        .deliver(80, 'c', 1),
      ...([90, 1, 'c'] as const),
    ).stats(),
  };
  it.each(Object.entries(clean))('finds no violation in: %s', (_name, ledger) => {
    expect(checkLedger(ledger.events)).toEqual([]);
  });
});

describe('the ledger checker, on faults of FIFO queues', () => {
  const faults: [InvariantName, string, LedgerScript][] = [
    ['group-order', 'a later message that is delivered first', script().deliver(20, 'b', 1)],
    [
      'group-order',
      'the next message while the first is leased',
      script().deliver(20, 'a', 1).deliver(30, 'b', 1).ack(40, 'a', 'a-r1'),
    ],
    ['group-order', 'a wrong order within an answer', batch(script(), 20, 1, 'b', 'a')],
    [
      'group-order',
      'the next message after a nack of the first',
      script().deliver(20, 'a', 1).nack(30, 'a', 'a-r1').deliver(40, 'b', 1),
    ],
    [
      'withdrawn-receipt-accepted',
      'an ack of a message leased behind one that was requeued',
      batch(script(), 20, 1, 'a', 'b')
        .nack(30, 'a', 'a-r1')
        .deliver(40, 'a', 2)
        .ack(50, 'b', 'b-r1'),
    ],
    [
      'double-lease',
      'a second lease although nothing withdrew the first',
      batch(batch(script(), 20, 1, 'a', 'b'), 100, 2, 'a', 'b'),
    ],
  ];
  it.each(faults)('reports %s: %s', (invariant, _how, ledger) => {
    expect(invariantsOf(ledger)).toContain(invariant);
  });
});
