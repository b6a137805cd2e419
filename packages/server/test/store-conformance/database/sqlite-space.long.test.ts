import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Accepted, Command } from '#server/core/commands/commands';
import { createIdSource } from '#server/core/ids';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';
import { pause } from '../../faults/load/pause.js';
import { CommandBuilder } from '../command-builder.js';

const MIB = 1024 * 1024;
const LIST = {
  kind: 'listQueues',
  project: 'default',
  after: null,
  prefix: '',
  limit: 100,
  counts: true,
} as const;
/** How long the store waits for another program that writes to its file. */
const LOCK_WAIT_MS = 5_000;
const PAYLOAD = JSON.stringify('x'.repeat(64 * 1024 - 2));

describe('the SQLite store', () => {
  let folder: string;
  let path: string;
  let store: SqliteStore;
  let commands: CommandBuilder;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-space-'));
    path = join(folder, 'millrace.db');
    // On the system clock, because space is freed in steps with some time between them.
    store = await SqliteStore.open({ path, minFreeBytes: 0 });
    commands = new CommandBuilder('default', createIdSource(store.clock));
    await store.apply([commands.createQueue('q')]);
  });
  afterEach(async () => {
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const publishMebibytes = (count: number): Command =>
    commands.publish(
      'q',
      Array.from({ length: count * 16 }, () => PAYLOAD),
    );

  /** Consumes and acks until nothing is left, in commit groups like those of a busy server. */
  async function drain(): Promise<void> {
    for (;;) {
      const command = commands.consume('q', { maxMessages: 32 });
      const [outcome] = (await store.apply([command])) as [Accepted<'consume'>];
      if (outcome.messages.length === 0) return;
      await store.apply([commands.ack('q', outcome.messages)]);
    }
  }

  it.each([
    { groupMib: 1, groups: 250, limitMib: 100 },
    // The largest commit groups the server makes: a few may pass between two checks of the WAL.
    { groupMib: 4, groups: 60, limitMib: 130 },
  ])('keeps the WAL within bounds under load, in commit groups of $groupMib MiB', async (load) => {
    let largestBytes = 0;
    for (let group = 0; group < load.groups; group += 1) {
      await store.apply([publishMebibytes(load.groupMib)]);
      largestBytes = Math.max(largestBytes, (await stat(`${path}-wal`)).size);
    }
    expect(largestBytes / MIB).toBeLessThan(load.limitMib);
  });

  it('does not wait for a reader of the file, and shortens the WAL after the reader has finished', async () => {
    const reader = new Database(path, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM messages').get();
    // Enough to check the WAL a dozen times beyond its limit. If each check waited for the reader, the
    // test would time out.
    for (let group = 0; group < 160; group += 1) await store.apply([publishMebibytes(1)]);
    expect((await stat(`${path}-wal`)).size / MIB).toBeGreaterThan(150);
    expect(await store.read({ kind: 'ping' })).toBe(true);
    reader.exec('COMMIT');
    await expect
      .poll(
        async () => {
          for (let group = 0; group < 8; group += 1) await store.apply([publishMebibytes(1)]);
          return (await stat(`${path}-wal`)).size / MIB;
        },
        { timeout: 60_000, interval: 300 },
      )
      .toBeLessThan(80);
    reader.close();
  });

  it('restarts the WAL although reads go on all the time', async () => {
    let reading = true;
    const read = async (): Promise<void> => {
      while (reading) await store.read(LIST);
    };
    const readers = Array.from({ length: 8 }, read);
    let largestBytes = 0;
    for (let group = 0; group < 150; group += 1) {
      await store.apply([publishMebibytes(1)]);
      largestBytes = Math.max(largestBytes, (await stat(`${path}-wal`)).size);
    }
    reading = false;
    await Promise.all(readers);
    expect(largestBytes / MIB).toBeLessThan(110);
  });

  it('shrinks the file after a backlog is drained', async () => {
    for (let group = 0; group < 40; group += 1) await store.apply([publishMebibytes(1)]);
    await drain();
    const keptMib = 20;
    await expect
      .poll(async () => (await stat(path)).size / MIB, { timeout: 60_000, interval: 100 })
      .toBeLessThan(keptMib);
  });

  it('shrinks the file later when another program locks it for a while', async () => {
    for (let group = 0; group < 40; group += 1) await store.apply([publishMebibytes(1)]);
    await drain();
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    // Longer than a step waits for the lock: the step fails, and nothing is published afterwards.
    await pause(LOCK_WAIT_MS + 1_000);
    expect((await stat(path)).size / MIB).toBeGreaterThan(20);
    other.exec('COMMIT');
    other.close();
    await expect
      .poll(async () => (await stat(path)).size / MIB, { timeout: 60_000, interval: 100 })
      .toBeLessThan(20);
  });
});
