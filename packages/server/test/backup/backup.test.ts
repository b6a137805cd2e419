import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { backUp, type CopyProgress } from '#server/store/sqlite/file/backup';
import { lockStore } from '#server/store/sqlite/file/file-lock';
import { restore } from '#server/store/sqlite/file/restore';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';
import { CommandBuilder } from '../store-conformance/command-builder.js';

let folder: string;
let path: string;
let to: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-backup-'));
  path = join(folder, 'millrace.db');
  to = join(folder, 'copy.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openStore = (file = path) => SqliteStore.open({ path: file, minFreeBytes: 0 });

/** One for each store: two sources of ids would produce the same id within a millisecond. */
const builders = new WeakMap<SqliteStore, CommandBuilder>();

/** Adds the given number of messages of 10,000 bytes. */
async function publish(store: SqliteStore, count: number): Promise<void> {
  const commands =
    builders.get(store) ?? new CommandBuilder('default', createIdSource(store.clock));
  builders.set(store, commands);
  const payloads = Array.from({ length: count }, () => JSON.stringify('x'.repeat(9_998)));
  await store.apply([commands.createQueue('q'), commands.publish('q', payloads)]);
}

/** Makes a store and stops it cleanly. */
async function makeStore(messages: number, file = path): Promise<void> {
  const store = await openStore(file);
  await publish(store, messages);
  await store.stop();
}

async function countIn(file: string): Promise<number | undefined> {
  const store = await openStore(file);
  const counts = await store.read({ kind: 'stats', project: 'default', queue: 'q' });
  await store.stop();
  return counts?.available;
}

const names = (): string[] => readdirSync(folder).sort();

describe('a backup', () => {
  it('contains the messages from when it began, although the store keeps being written', async () => {
    const store = await openStore();
    await publish(store, 300);
    const writes: Promise<void>[] = [];
    const progress: CopyProgress[] = [];
    const backup = await backUp({
      path,
      to,
      onProgress: (step) => {
        progress.push(step);
        writes.push(publish(store, 20));
      },
    });
    await Promise.all(writes);
    await store.stop();
    expect(writes.length).toBeGreaterThan(5);
    expect(backup).toMatchObject({ path: to, bytes: statSync(to).size });
    expect(progress.at(-1)).toMatchObject({ step: 'check', doneBytes: backup.bytes });
    expect(await countIn(to)).toBe(300);
    expect(await countIn(path)).toBe(300 + 20 * writes.length);
  });

  it('is one file that only its owner can read, and leaves no other files', async () => {
    const store = await openStore();
    await publish(store, 3);
    const before = names();
    await backUp({ path, to });
    expect(names()).toEqual(['copy.db', ...before]);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    await store.stop();
  });

  it('of a killed server contains messages that are only in the WAL, and changes neither file', async () => {
    const store = await openStore();
    await publish(store, 5);
    const killed = join(folder, 'killed.db');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, killed + suffix);
    await store.stop();
    const before = ['', '-wal'].map((suffix) => readFileSync(killed + suffix));
    await backUp({ path: killed, to });
    const after = ['', '-wal'].map((suffix) => readFileSync(killed + suffix));
    expect(after.map((bytes, index) => bytes.equals(before[index] as Buffer))).toEqual([
      true,
      true,
    ]);
    expect(await countIn(to)).toBe(5);
  });

  it('overwrites nothing', async () => {
    await makeStore(1);
    writeFileSync(to, 'mine');
    await expect(backUp({ path, to })).rejects.toThrow(`${to} exists already`);
    await expect(backUp({ path, to: path })).rejects.toThrow(`${path} exists already`);
    expect(readFileSync(to, 'utf8')).toBe('mine');
    const link = join(folder, 'link.db');
    symlinkSync(join(folder, 'nowhere.db'), link);
    await expect(backUp({ path, to: link })).rejects.toThrow(`${link} exists already`);
  });

  it('does not replace a file that is created meanwhile', async () => {
    await makeStore(200);
    const onProgress = () => writeFileSync(to, 'mine');
    await expect(backUp({ path, to, onProgress })).rejects.toThrow(`${to} exists already`);
    expect(readFileSync(to, 'utf8')).toBe('mine');
    expect(names().filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('leaves nothing when it is ended early', async () => {
    await makeStore(200);
    const before = names();
    const ended = new AbortController();
    const onProgress = () => ended.abort(new Error('ended'));
    await expect(backUp({ path, to, onProgress, signal: ended.signal })).rejects.toThrow('ended');
    expect(names().filter((name) => !/-(wal|shm)$/.test(name))).toEqual(before);
  });

  it('is refused for a missing store, a file that is not one, and a missing folder', async () => {
    await expect(backUp({ path, to })).rejects.toThrow(`There is no store at ${path}`);
    writeFileSync(path, Buffer.alloc(16_384, 'not a database. '));
    await expect(backUp({ path, to })).rejects.toThrow(`${path} is damaged`);
    const other = join(folder, 'other.db');
    new Database(other).exec('CREATE TABLE notes (text TEXT)').close();
    await expect(backUp({ path: other, to })).rejects.toThrow('a database of another program');
    await makeStore(1, join(folder, 'a.db'));
    const nowhere = join(folder, 'nowhere', 'copy.db');
    await expect(backUp({ path: join(folder, 'a.db'), to: nowhere })).rejects.toThrow(
      `The folder ${join(folder, 'nowhere')} does not exist`,
    );
    expect(existsSync(to)).toBe(false);
  });

  it('is refused for a file with damaged pages', async () => {
    await makeStore(200);
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(65_536, 0xa5), 0, 65_536, 1_000_000);
    await file.close();
    await expect(backUp({ path, to })).rejects.toThrow(/is not sound|is damaged|malformed/);
    expect(names().filter((name) => name.startsWith('copy'))).toEqual([]);
  });
});

describe('a restore', () => {
  beforeEach(async () => {
    await makeStore(3);
    await backUp({ path, to });
  });

  it('replaces the store by the backup, and puts the old files aside', async () => {
    const store = await openStore();
    await publish(store, 4);
    const killed = join(folder, 'killed');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, killed + suffix);
    await store.stop();
    for (const suffix of ['', '-wal']) copyFileSync(killed + suffix, path + suffix);
    const { putAside, bytes } = restore({ from: to, path });
    expect(bytes).toBe(statSync(to).size);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await countIn(path)).toBe(3);
    // With its WAL, so that it can be put back.
    expect(await countIn(putAside as string)).toBe(7);
    expect(existsSync(to)).toBe(true);
  });

  it('creates the store and its folder where there is none', async () => {
    const file = join(folder, 'new', 'deep', 'millrace.db');
    expect(restore({ from: to, path: file })).toMatchObject({ putAside: null });
    expect(await countIn(file)).toBe(3);
  });

  it('is refused while a server has the store open', async () => {
    const store = await openStore();
    expect(() => restore({ from: to, path })).toThrow('held open by another millrace server');
    await publish(store, 1);
    await store.stop();
    expect(await countIn(path)).toBe(4);
  });

  it('keeps files that were put aside by others within the same second', async () => {
    const kept = [1, 2, 3].map(() => restore({ from: to, path }).putAside as string);
    expect(new Set(kept).size).toBe(3);
    for (const file of kept) expect(await countIn(file)).toBe(3);
  });

  it('is refused from the file of a running server', async () => {
    const live = await openStore();
    const file = join(folder, 'new.db');
    expect(() => restore({ from: path, path: file })).toThrow(
      `${path} is held open by another millrace server`,
    );
    expect(existsSync(file)).toBe(false);
    await live.stop();
  });

  it('prevents a server from starting meanwhile', async () => {
    let checks = 0;
    const onProgress = () => {
      expect(() => lockStore(path)).toThrow('held open by another millrace server');
      checks += 1;
    };
    restore({ from: to, path, onProgress });
    expect(checks).toBeGreaterThan(1);
    expect(await countIn(path)).toBe(3);
  });

  it.each([
    ['of which the end is missing', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9_000)],
    ['with other bytes in its middle', (bytes: Buffer) => bytes.fill(0xa5, 40_000, 60_000)],
    ['that is empty', () => Buffer.alloc(0)],
    ['that is no database', () => Buffer.alloc(50_000, 'no database ')],
  ])('leaves the store unchanged when given a backup %s', async (_what, damage) => {
    const bad = join(folder, 'bad.db');
    writeFileSync(bad, damage(readFileSync(to)));
    const before = names();
    expect(() => restore({ from: bad, path })).toThrow(bad);
    expect(names()).toEqual(before);
    expect(await countIn(path)).toBe(3);
  });

  it('is refused from a missing file, a folder, the store itself, and the file of another program', () => {
    const other = join(folder, 'other.db');
    new Database(other).exec('CREATE TABLE notes (text TEXT)').close();
    for (const [from, message] of [
      [join(folder, 'nowhere.db'), 'There is no backup at'],
      [folder, 'is not a file'],
      [path, 'The backup is the store itself'],
      [other, `${other} is a database of another program`],
    ] as const) {
      expect(() => restore({ from, path })).toThrow(message);
    }
  });

  it('accepts a copy of the file and its WAL from after a kill', async () => {
    const store = await openStore();
    await publish(store, 4);
    const killed = join(folder, 'killed.db');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, killed + suffix);
    await store.stop();
    const file = join(folder, 'new.db');
    restore({ from: killed, path: file });
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(await countIn(file)).toBe(7);
  });

  it('removes the partial file of an earlier one that was killed, and so does a backup', async () => {
    // No process has this number: it is beyond the largest.
    for (const file of [path, join(folder, 'again.db')]) {
      writeFileSync(`${file}.partial-99999999`, 'half of a copy');
    }
    restore({ from: to, path });
    await backUp({ path, to: join(folder, 'again.db') });
    expect(names().filter((name) => name.includes('partial'))).toEqual([]);
  });
});
