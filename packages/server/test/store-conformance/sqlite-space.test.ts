import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Accepted, Command } from '#server/core/commands';
import { createIdSource } from '#server/core/ids';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';
import { CommandBuilder } from './command-builder.js';

const MIB = 1024 * 1024;
const PAYLOAD = JSON.stringify('x'.repeat(64 * 1024 - 2));

describe('the space of the SQLite file', () => {
  let folder: string;
  let path: string;
  let store: SqliteStore;
  let commands: CommandBuilder;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-space-'));
    path = join(folder, 'millrace.db');
    // With the clock of the system: space is given back in steps, a while apart.
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

  /** Consumes and acks until nothing is left, in groups like those of a busy server. */
  async function drain(): Promise<void> {
    for (;;) {
      const command = commands.consume('q', { maxMessages: 32 });
      const [outcome] = (await store.apply([command])) as [Accepted<'consume'>];
      if (outcome.messages.length === 0) return;
      await store.apply([commands.ack('q', outcome.messages)]);
    }
  }

  it.each([
    { groupMib: 1, groups: 250, limitMib: 80 },
    // The largest groups that the server forms: a few of them may pass between two looks.
    { groupMib: 4, groups: 60, limitMib: 110 },
  ])('keeps the WAL in bounds under load, in groups of $groupMib MiB', async (load) => {
    let largestBytes = 0;
    for (let group = 0; group < load.groups; group += 1) {
      await store.apply([publishMebibytes(load.groupMib)]);
      largestBytes = Math.max(largestBytes, (await stat(`${path}-wal`)).size);
    }
    expect(largestBytes / MIB).toBeLessThan(load.limitMib);
  });

  it('gives the space of a drained backlog back', async () => {
    for (let group = 0; group < 40; group += 1) await store.apply([publishMebibytes(1)]);
    await drain();
    const keptMib = 20;
    await expect
      .poll(async () => (await stat(path)).size / MIB, { timeout: 12_000, interval: 100 })
      .toBeLessThan(keptMib);
  });
});
