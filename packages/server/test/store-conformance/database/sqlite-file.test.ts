import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { openWriter } from '#server/store/sqlite/driver/database';
import { SqliteStore } from '#server/store/sqlite/sqlite-store';
import { CommandBuilder } from '../command-builder.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-file-'));
  path = join(folder, 'millrace.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openStore = () => SqliteStore.open({ path, minFreeBytes: 0 });

/** Makes a file with a queue and the given number of messages of 10,000 bytes, after a clean stop. */
async function makeFile(messages = 1): Promise<void> {
  const store = await openStore();
  const commands = new CommandBuilder('default', createIdSource(store.clock));
  const payloads = Array.from({ length: messages }, () => JSON.stringify('x'.repeat(9_998)));
  await store.apply([commands.createQueue('q'), commands.publish('q', payloads)]);
  await store.stop();
}

/** Changes the file as another program would, with no server running. */
function edit(change: (db: Database.Database) => void): void {
  const db = new Database(path);
  change(db);
  db.close();
}

describe('the SQLite file', () => {
  it('is locked by one server only', async () => {
    const store = await openStore();
    await expect(openStore()).rejects.toThrow(
      `${path} is held open by another millrace server. Stop that one, or name another file`,
    );
    // The refused server took nothing from the first, and the lock ends with the first.
    expect(await store.read({ kind: 'ping' })).toBe(true);
    await expect(openStore()).rejects.toThrow('held open by another millrace server');
    await store.stop();
    await (await openStore()).stop();
  });

  it.each([
    ['a link to the file', (link: string) => symlinkSync(path, link)],
    ['a link to its folder', (link: string) => symlinkSync(folder, dirname(link))],
  ])('is locked by one server only, also by way of %s', async (_what, makeLink) => {
    const store = await openStore();
    const elsewhere = await mkdtemp(join(tmpdir(), 'millrace-link-'));
    const link = join(elsewhere, 'linked', 'millrace.db');
    if (_what === 'a link to the file') mkdirSync(dirname(link));
    makeLink(link);
    const second = SqliteStore.open({ path: link, minFreeBytes: 0 });
    await expect(second).rejects.toThrow(`${path} is held open by another millrace server`);
    await store.stop();
    await rm(elsewhere, { recursive: true });
  });

  it('is refused when its name is a broken link', async () => {
    symlinkSync(join(folder, 'nowhere.db'), path);
    await expect(openStore()).rejects.toThrow(`${path} is a link that leads nowhere`);
  });

  it('is created with its missing folders', async () => {
    path = join(folder, 'a', 'b', 'millrace.db');
    await makeFile();
    expect(existsSync(path)).toBe(true);
  });

  it('is refused when its header is garbage', async () => {
    writeFileSync(path, Buffer.alloc(16_384, 'not a database. '));
    await expect(openStore()).rejects.toThrow(
      /millrace\.db is damaged \([\s\S]+\)\. Restore a backup/,
    );
  });

  it('is refused when bytes in its middle were overwritten', async () => {
    await makeFile(200);
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(65_536, 0xa5), 0, 65_536, 1_000_000);
    await file.close();
    await expect(openStore()).rejects.toThrow(
      /millrace\.db is damaged \([\s\S]+\)\. Restore a backup/,
    );
  });

  it('is refused when its end is missing', async () => {
    await makeFile(200);
    const file = await open(path, 'r+');
    await file.truncate(1_000_000);
    await file.close();
    await expect(openStore()).rejects.toThrow(
      /millrace\.db is damaged \([\s\S]+\)\. Restore a backup/,
    );
  });

  it('is refused and left unchanged when another program made it', async () => {
    edit((db) => db.exec('CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (1)'));
    const before = readFileSync(path);
    await expect(openStore()).rejects.toThrow(
      `${path} is a database of another program, not of millrace. Name another file with --store.`,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused and left unchanged when a newer millrace wrote it', async () => {
    await makeFile();
    edit((db) => db.pragma('user_version = 9999'));
    const before = readFileSync(path);
    await expect(openStore()).rejects.toThrow(
      /has schema 9999, but this millrace knows schemas up to \d+\. Run the newer millrace/,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused with the cause when it cannot be opened', async () => {
    path = folder;
    await expect(openStore()).rejects.toThrow(`${folder} is a folder`);
  });

  it('opens after a start that was killed before it created a table', async () => {
    // Such a start leaves only the settings that are made before the first table.
    edit((db) => {
      db.pragma('page_size = 4096');
      db.pragma('auto_vacuum = INCREMENTAL');
      db.pragma('journal_mode = WAL');
    });
    await makeFile();
  });

  it('opens after a kill, with the WAL beside it', async () => {
    const store = await openStore();
    const commands = new CommandBuilder('default', createIdSource(store.clock));
    await store.apply([commands.createQueue('q'), commands.publish('q', ['1'])]);
    const copy = join(folder, 'copy.db');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);
    await store.stop();
    path = copy;
    const reopened = await openStore();
    const counts = await reopened.read({ kind: 'stats', project: 'default', queue: 'q' });
    expect(counts).toMatchObject({ available: 1 });
    await reopened.stop();
  });

  it('is in WAL mode with incremental vacuum, and has the id of millrace', async () => {
    await makeFile();
    const db = new Database(path, { readonly: true });
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('auto_vacuum', { simple: true })).toBe(2);
    expect(db.pragma('page_size', { simple: true })).toBe(4_096);
    expect(db.pragma('application_id', { simple: true })).toBe(0x6d696c6c);
    db.close();
  });

  it('is synced with every commit', () => {
    // This setting belongs to a connection, not to the file; 2 is FULL.
    const { db } = openWriter(path);
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  });

  it('has no WAL beside it after a clean stop', async () => {
    await makeFile();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});
