import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, NewMessage } from '../../../../core/commands/commands.js';
import { createIdSource } from '../../../../core/ids.js';
import { NO_LIMITS } from '../../../../core/limits/storage-limits.js';
import { CommitGroupApplier } from '../../apply-commit-group.js';
import { openWriter } from '../../driver/database.js';
import { FreeSpace } from './free-space.js';
import { Reserve } from './reserve.js';

const MIN_FREE_BYTES = 1_000;

describe('a disk that fills up', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const path = join(folder, 'millrace.db');
  let nowMs = Date.UTC(2026, 0, 1);
  const ids = createIdSource({
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    setTimer: () => () => undefined,
  });
  let freeBytes = 0;
  let db: Database.Database;
  let applier: CommitGroupApplier;

  beforeAll(() => {
    db = openWriter(path).db;
    const reserve = new Reserve(path, MIN_FREE_BYTES);
    const freeSpace = new FreeSpace(MIN_FREE_BYTES, () => freeBytes, reserve);
    applier = new CommitGroupApplier(db, freeSpace, NO_LIMITS);
    withFree(MIN_FREE_BYTES);
    expect(apply({ kind: 'createQueue', ...call(null), settings: {} })).toBe('ok');
    expect(apply(publish())).toBe('ok');
  });
  afterAll(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  const withFree = (bytes: number): void => {
    freeBytes = bytes;
    // After a write that found no room, nothing is added for a second.
    nowMs += 1_000;
  };
  const apply = (command: Command): string => {
    const [outcome] = applier.apply([command], nowMs).outcomes;
    return outcome?.ok ? 'ok' : (outcome?.code ?? 'none');
  };
  const once = () => ({
    capability: 'queue.ack' as const,
    key: ids.token(),
    fingerprint: 'f',
    windowMs: 1_000_000,
  });
  const call = (idempotency: ReturnType<typeof once> | null) => ({
    project: 'p',
    queue: 'q',
    idempotency,
  });
  const publish = (payload = '1'): Command => {
    const empty = { headers: null, delayMs: 0, priority: 0, groupId: null, deduplicationId: null };
    const message: NewMessage = { messageId: ids.uuid(), payload, ...empty };
    return { kind: 'publish', ...call(null), autoCreate: false, batch: false, messages: [message] };
  };
  const update = (key: ReturnType<typeof once> | null): Command => ({
    kind: 'updateQueue',
    ...call(key),
    settings: {},
  });
  const ack = (key: ReturnType<typeof once> | null): Command => ({
    kind: 'ack',
    ...call(key),
    batch: true,
    entries: [],
  });

  it('stops publishes below the floor, and keyed calls that do not settle', () => {
    withFree(MIN_FREE_BYTES - 1);
    expect(apply(publish())).toBe('STORAGE_FULL');
    expect(apply(update(once()))).toBe('STORAGE_FULL');
    expect(apply(update(null))).toBe('ok');
    expect(apply(ack(once()))).toBe('ok');
  });

  it('stops keyed calls that settle below half of the floor, but no call without a key', () => {
    withFree(MIN_FREE_BYTES / 2);
    expect(apply(ack(once()))).toBe('ok');
    withFree(MIN_FREE_BYTES / 2 - 1);
    expect(apply(ack(once()))).toBe('STORAGE_FULL');
    expect(apply(ack(null))).toBe('ok');
    expect(apply(update(null))).toBe('ok');
  });

  it('does not stop replays, however little space is left', () => {
    withFree(MIN_FREE_BYTES);
    const key = once();
    expect(apply(ack(key))).toBe('ok');
    withFree(0);
    expect(apply(ack(key))).toBe('ok');
  });

  it('is noticed at once when another process fills it', () => {
    withFree(MIN_FREE_BYTES);
    expect(apply(publish())).toBe('ok');
    freeBytes = MIN_FREE_BYTES - 1;
    expect(apply(publish())).toBe('STORAGE_FULL');
  });

  it('makes writes without room be refused, with the reserve freed meanwhile and made again later', () => {
    const reservePath = `${path}-reserve`;
    withFree(2 * MIN_FREE_BYTES);
    expect(apply(publish())).toBe('ok');
    expect(statSync(reservePath).size).toBe(MIN_FREE_BYTES);
    // SQLite then reports the same error as on a full disk.
    db.pragma('max_page_count = 1');
    const large = [publish('1'.repeat(100_000)), ack(null), update(null)];
    const { outcomes, disk } = applier.apply(large, nowMs);
    expect(outcomes).toMatchObject([{ code: 'STORAGE_FULL' }, { ok: true }, { ok: true }]);
    expect(disk).toBe('very_low');
    // No write needed the reserve.
    expect(existsSync(reservePath)).toBe(true);
    const creates = Array.from({ length: 200 }, (_, n): Command => {
      return { kind: 'createQueue', ...call(null), queue: `one of many ${n}`, settings: {} };
    });
    const codes = applier.apply(creates, nowMs).outcomes.map((made) => !made.ok && made.code);
    expect(new Set(codes)).toEqual(new Set([false, 'STORAGE_FULL']));
    expect(existsSync(reservePath)).toBe(false);
    db.pragma('max_page_count = 4294967294');
    expect(apply(publish())).toBe('STORAGE_FULL');
    withFree(2 * MIN_FREE_BYTES);
    expect(apply(publish('1'.repeat(100_000)))).toBe('ok');
    expect(statSync(reservePath).size).toBe(MIN_FREE_BYTES);
  });

  it('leaves no queue behind for a refused publish', () => {
    withFree(0);
    const wanted = { ...publish(), queue: 'made by nobody', autoCreate: true } as Command;
    expect(apply(wanted)).toBe('STORAGE_FULL');
    const names = db.prepare('SELECT name FROM queues').pluck().all();
    expect(names).not.toContain('made by nobody');
  });
});
