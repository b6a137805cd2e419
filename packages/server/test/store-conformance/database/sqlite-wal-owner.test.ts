import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { backUp } from '#server/store/sqlite/file/backup';
import { restore } from '#server/store/sqlite/file/restore';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';
import { CommandBuilder } from '../command-builder.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-wal-'));
  path = join(folder, 'millrace.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openStore = () => SqliteStore.open({ path, minFreeBytes: 0 });

/** One for each store: two sources of ids would produce the same id within a millisecond. */
const builders = new WeakMap<SqliteStore, CommandBuilder>();

async function publish(store: SqliteStore, count = 1): Promise<void> {
  const commands =
    builders.get(store) ?? new CommandBuilder('default', createIdSource(store.clock));
  builders.set(store, commands);
  const payloads = Array.from({ length: count }, () => '"x"');
  await store.apply([commands.createQueue('q'), commands.publish('q', payloads)]);
}

const countAvailable = async (store: SqliteStore): Promise<number | undefined> =>
  (await store.read({ kind: 'stats', project: 'default', queue: 'q' }))?.available;

/** Publishes, and leaves the file and its WAL as a kill would; `during` runs between two publishes. */
async function killed(during: (store: SqliteStore) => unknown = () => {}): Promise<void> {
  const store = await openStore();
  await publish(store);
  await during(store);
  await publish(store);
  const kept = join(folder, 'killed');
  mkdirSync(kept, { recursive: true });
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, join(kept, `file${suffix}`));
  await store.stop();
  for (const suffix of ['', '-wal']) copyFileSync(join(kept, `file${suffix}`), path + suffix);
}

const expectRefusal = async (): Promise<void> => {
  const before = ['', '-wal'].map((suffix) => readFileSync(path + suffix));
  await expect(openStore()).rejects.toThrow(
    `${path}-wal was written for another file than ${path}`,
  );
  const after = ['', '-wal'].map((suffix) => readFileSync(path + suffix));
  expect(after.every((bytes, index) => bytes.equals(before[index] as Buffer))).toBe(true);
};

describe('a WAL beside the file', () => {
  it('is applied to it after each of several kills', async () => {
    for (const messages of [2, 4, 6]) {
      await killed();
      const store = await openStore();
      expect(await countAvailable(store)).toBe(messages);
      await store.stop();
    }
  });

  it('is applied to it after several kills in a row', async () => {
    await killed();
    await killed();
    await killed();
    const store = await openStore();
    expect(await countAvailable(store)).toBe(6);
    await store.stop();
  });

  it('is refused beside a copy that was made while no server ran', async () => {
    const store = await openStore();
    await publish(store);
    await store.stop();
    const copy = join(folder, 'copy.db');
    copyFileSync(path, copy);
    await killed();
    copyFileSync(copy, path);
    await expectRefusal();
  });

  it.each([
    ['backup functions', (db: Database.Database, copy: string) => db.backup(copy)],
    ['VACUUM INTO', (db: Database.Database, copy: string) => db.prepare('VACUUM INTO ?').run(copy)],
  ])("is refused beside a copy by SQLite's %s from the same run", async (_how, copyTo) => {
    const copy = join(folder, 'copy.db');
    await killed(async () => {
      const db = new Database(path, { readonly: true });
      await copyTo(db, copy);
      db.close();
    });
    copyFileSync(copy, path);
    await expectRefusal();
  });

  it('is refused when the file is missing or empty', async () => {
    await killed();
    rmSync(path);
    await expect(openStore()).rejects.toThrow(
      `${path} is missing or empty, but ${path}-wal contains`,
    );
    expect(existsSync(`${path}-wal`)).toBe(true);
  });

  it('is found when the path is a link', async () => {
    const target = path;
    await killed();
    path = join(folder, 'link.db');
    symlinkSync(target, path);
    const store = await openStore();
    expect(await countAvailable(store)).toBe(2);
    await store.stop();
  });

  it('still belongs to its file when another process has read that since before the start', async () => {
    const first = await openStore();
    await publish(first);
    await first.stop();
    const reader = new Database(path, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM messages').get();
    await killed();
    reader.exec('COMMIT');
    reader.close();
    const store = await openStore();
    expect(await countAvailable(store)).toBe(3);
    await store.stop();
  });

  it('still belongs to its file when another program changes the schema meanwhile', async () => {
    await killed(async (store) => {
      const db = new Database(path);
      db.exec('CREATE INDEX of_an_operator ON messages (seq)');
      db.close();
      for (let group = 0; group < 10; group += 1) await publish(store);
      // The first WAL of a run is accepted unchecked: this is about a later one.
      const copier = new Database(path);
      copier.pragma('wal_checkpoint(RESTART)');
      copier.close();
    });
    const store = await openStore();
    expect(await countAvailable(store)).toBe(12);
    await store.stop();
  });

  it.each(['TRUNCATE', 'RESTART'])(
    'still belongs to its file after a %s by another program',
    async (mode) => {
      await killed(async (store) => {
        for (let time = 0; time < 3; time += 1) {
          const db = new Database(path);
          db.pragma(`wal_checkpoint(${mode})`);
          db.close();
          await publish(store);
        }
      });
      const store = await openStore();
      expect(await countAvailable(store)).toBe(5);
      await store.stop();
    },
  );

  it('is refused beside a later backup of a store that was itself restored', async () => {
    const first = await openStore();
    await publish(first);
    await first.stop();
    const [one, other] = [join(folder, 'one.db'), join(folder, 'other.db')];
    await backUp({ path, to: one });
    restore({ from: one, path });
    await killed(() => backUp({ path, to: other }));
    copyFileSync(other, path);
    await expectRefusal();
  });

  it('is refused beside a backup older than the ids of files', async () => {
    const old = join(folder, 'old.db');
    await killed(() => backUp({ path, to: old }));
    const db = new Database(old);
    db.pragma('user_version = 8');
    db.close();
    copyFileSync(old, path);
    await expectRefusal();
  });
});
