import { describe, expect, it } from 'vitest';
import { noUsage } from '../limits/project-usage.js';
import { NO_LIMITS } from '../limits/storage-limits.js';
import type { QueueEntry } from '../queue/queue-entry.js';
import type { AnswerRecords, RecordedAnswer } from '../queue/transaction.js';
import type { ConsumeCommand, LeasedMessage, Outcome } from './commands.js';
import { type ReplayLookups, withIdempotency } from './replay.js';

const QUEUE = { id: 7, name: 'q' } as QueueEntry;
const LEASED = {
  messageId: 'm',
  receipt: 'r',
  payload: 'a payload of the caller',
  headers: '{"a":"b"}',
} as LeasedMessage;

const consume = (fingerprint: string): ConsumeCommand => ({
  kind: 'consume',
  project: 'p',
  queue: 'q',
  idempotency: { capability: 'queue.consume', key: 'k', fingerprint, windowMs: 1_000 },
  autoCreate: false,
  maxMessages: 1,
  visibilityTimeoutMs: null,
  receiptPrefix: 'r',
  maxBytes: 1_000,
});

const found = (...messages: LeasedMessage[]): Outcome<'consume'> => ({
  ok: true,
  replayed: false,
  messages,
});

function recordsOfOneKey() {
  const put: (RecordedAnswer & { readonly endMs: number })[] = [];
  const records: AnswerRecords = {
    find: () => put.at(-1),
    put: (_scope, answer, endMs) => put.push({ ...answer, endMs }),
    nowMs: 5_000,
    room: { limits: NO_LIMITS, disk: 'enough', usageOf: () => noUsage() },
  };
  return { put, records };
}

const stillHeld = (answer: ReturnType<ReplayLookups['stillHeld']>): ReplayLookups => ({
  stillHeld: () => answer,
  queueExists: () => true,
});

describe('the record of a consume', () => {
  it('names the leased messages, and keeps nothing of their contents', () => {
    const { put, records } = recordsOfOneKey();
    withIdempotency(records, stillHeld([]), consume('one'), QUEUE, () => found(LEASED));
    expect(put).toHaveLength(1);
    expect(JSON.parse(put[0]?.outcome ?? '').messages).toEqual([{ messageId: 'm', receipt: 'r' }]);
  });

  it('ends with the last of the leases, whatever the window', () => {
    const { put, records } = recordsOfOneKey();
    const given = [7_000, 9_000, 8_000].map((leaseExpiresAtMs) => ({
      ...LEASED,
      leaseExpiresAtMs,
    }));
    withIdempotency(records, stillHeld([]), consume('one'), QUEUE, () => found(...given));
    expect(put[0]?.endMs).toBe(9_000);
  });

  it('is not made for an empty answer, so that the key is free for another request', () => {
    const { put, records } = recordsOfOneKey();
    const lookups = stillHeld([]);
    withIdempotency(records, lookups, consume('one'), QUEUE, () => found());
    expect(put).toEqual([]);
    const other = withIdempotency(records, lookups, consume('two'), QUEUE, () => found(LEASED));
    expect(other).toEqual(found(LEASED));
  });

  it('reports the size of its messages when the answer has too little room for them', () => {
    const { records } = recordsOfOneKey();
    const lookups = stillHeld({ needsBytes: 5_000 });
    const run = () => found(LEASED);
    withIdempotency(records, lookups, consume('one'), QUEUE, run);
    expect(withIdempotency(records, lookups, consume('one'), QUEUE, run)).toEqual({
      ok: true,
      replayed: true,
      messages: [],
      needsBytes: 5_000,
    });
  });
});
