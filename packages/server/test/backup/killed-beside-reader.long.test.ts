import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callerOf } from '../harness/http-server.js';
import { ServerRun } from '../nodes/run-server.js';

const KEY = 'reader-key-0123456789abcdef';

describe('a server that is killed beside a program which reads its file', () => {
  let folder: string;
  let path: string;
  let run: ServerRun;
  let published = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-reader-'));
    path = join(folder, 'millrace.db');
    published = 0;
  });
  afterEach(async () => {
    await run.kill();
    await rm(folder, { recursive: true, force: true });
  });

  async function start() {
    run = new ServerRun(`sqlite:${path}`, { MILLRACE_API_KEY: KEY });
    const url = await run.listening();
    expect(url, run.stderr).toBeDefined();
    const call = callerOf(url as string);
    return {
      publish: async () => {
        const body = { queue: 'q', payload: published };
        const answer = await call('POST', '/v1/queue/publish', body, { key: KEY });
        expect(answer.status, answer.text).toBe(200);
        published += 1;
      },
      available: async () => {
        const { body } = await call('GET', '/v1/queue/stats/q', undefined, { key: KEY });
        return body.data.available;
      },
      create: () => call('POST', '/v1/queue/create', { name: 'q' }, { key: KEY }),
    };
  }

  /** Publishes, and makes the WAL restart each time. */
  async function publishAndRestart({ publish }: { publish: () => Promise<void> }) {
    for (let time = 0; time < 3; time += 1) {
      await publish();
      const db = new Database(path);
      db.pragma('wal_checkpoint(RESTART)');
      db.close();
    }
    await publish();
  }

  it.each([
    ['holds a snapshot', true],
    ['only has it open', false],
  ])(
    'starts again with all that it acknowledged, when the program %s',
    async (_what, holdsSnapshot) => {
      const first = await start();
      await first.create();
      await publishAndRestart(first);
      const reader = new Database(path, { readonly: true });
      if (holdsSnapshot) reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM messages').get();
      // As in a deployment while a backup runs.
      run.signal('SIGTERM');
      expect(await run.ended()).toBe(0);
      const second = await start();
      await second.publish();
      if (holdsSnapshot) reader.exec('COMMIT');
      await publishAndRestart(second);
      await run.kill();
      const third = await start();
      expect(await third.available()).toBe(published);
      await run.kill();
      reader.close();
      expect(await (await start()).available()).toBe(published);
    },
  );
});
