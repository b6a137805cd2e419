import { describe, expect, it } from 'vitest';
import type {
  AckCommand,
  Command,
  ConsumeCommand,
  PurgeQueueCommand,
} from '../commands/commands.js';
import { leaseLost } from '../refusal.js';
import { noUsage } from './project-usage.js';
import { checkRecordRoom, expectedRecordBytes, recordBytes } from './record-room.js';
import { type DiskSpace, NO_LIMITS, type Room } from './storage-limits.js';

const MIB = 1024 * 1024;
const id = '019aa0e5-7c00-7000-8000-000000000000';
const idempotency = { capability: 'queue.ack', key: 'k', fingerprint: 'f', windowMs: 1 } as const;
const target = { project: 'p', queue: 'q', idempotency };
const purge: PurgeQueueCommand = { kind: 'purgeQueue', ...target };
const ack = (entries: number): AckCommand => ({
  kind: 'ack',
  ...target,
  batch: true,
  entries: Array(entries).fill({ messageId: id, receipt: 'r' }),
});

function roomWith(more: { bytes?: number; projectBytes?: number; disk?: DiskSpace }): Room {
  const { bytes = 0, projectBytes = 0, disk = 'enough' } = more;
  const limits = { ...NO_LIMITS, projectBytes };
  return { limits, disk, usageOf: () => ({ ...noUsage(), bytes }) };
}

describe('the room for a record', () => {
  const refuses = (room: Room, command: Extract<Command, { idempotency: unknown }>) =>
    checkRecordRoom(room, command)?.code === 'STORAGE_FULL';

  it('is the quota, and for settling an eighth more, but at least 1 MiB more', () => {
    const projectBytes = 80 * MIB;
    const full = (bytes: number) => roomWith({ projectBytes, bytes });
    expect(refuses(full(projectBytes - 2_000), purge)).toBe(false);
    expect(refuses(full(projectBytes), purge)).toBe(true);
    expect(refuses(full(projectBytes), ack(1))).toBe(false);
    expect(refuses(full(90 * MIB - 2_000), ack(1))).toBe(false);
    expect(refuses(full(90 * MIB), ack(1))).toBe(true);
    const small = (bytes: number) => roomWith({ projectBytes: 1_000, bytes });
    expect(refuses(small(MIB - 2_000), ack(1))).toBe(false);
    expect(refuses(small(MIB + 1_000), ack(1))).toBe(true);
  });

  it("is used up below the disk's floor, and for settling below half of it", () => {
    expect(refuses(roomWith({ disk: 'low' }), purge)).toBe(true);
    expect(refuses(roomWith({ disk: 'low' }), ack(1))).toBe(false);
    expect(refuses(roomWith({ disk: 'very_low' }), ack(1))).toBe(true);
  });

  it('does not limit a call without an idempotency key', () => {
    const room = roomWith({ disk: 'very_low', projectBytes: 1, bytes: 9 * MIB });
    expect(refuses(room, { ...purge, idempotency: null })).toBe(false);
    expect(refuses(room, { ...ack(1), idempotency: null })).toBe(false);
  });
});

describe('the expected size of a record', () => {
  const given = (command: Extract<Command, { idempotency: unknown }>, outcome: object) => ({
    expected: expectedRecordBytes(command, idempotency),
    taken: recordBytes('k', { fingerprint: 'f', outcome: JSON.stringify(outcome) }),
  });

  it('is not less than its actual size', () => {
    const accepted = { ok: true, replayed: false };
    const consume = { kind: 'consume', ...target, maxMessages: 100 } as ConsumeCommand;
    const messages = Array(100).fill({ messageId: id, receipt: `${'r'.repeat(24)}.100` });
    const lost = Array(100).fill({ messageId: id, ...leaseLost(id) });
    for (const { expected, taken } of [
      given(consume, { ...accepted, messages }),
      given(ack(100), { ...accepted, results: lost }),
      given(purge, { ...accepted, purged: 1_000_000 }),
    ]) {
      expect(taken).toBeLessThanOrEqual(expected);
    }
  });
});
