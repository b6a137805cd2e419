import { copyFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callerOf } from '../harness/http-server.js';
import { ServerRun } from '../nodes/run-server.js';
import { DrillLoad } from './drill-load.js';
import { runMillrace } from './run-command.js';

const KEY = 'drill-key-0123456789abcdef';
/** Messages published, and as many acked, before the backup and after it. */
const ENOUGH = 40;

async function serve(storeUrl: string) {
  const run = new ServerRun(storeUrl, { MILLRACE_API_KEY: KEY });
  const url = await run.listening();
  return { run, url };
}

const callsTo = (url = 'it does not listen') => {
  const call = callerOf(url);
  return {
    post: (path: string, body: object) => call('POST', `/v1/queue/${path}`, body, { key: KEY }),
    stats: (queue: string) => call('GET', `/v1/queue/stats/${queue}`, undefined, { key: KEY }),
  };
};

describe('a restore drill under load', () => {
  it.concurrent.each([
    ['by millrace restore', 'command'],
    ['by hand, after the start was refused until the old WAL was removed', 'by hand'],
  ])('brings back the state at the time of the backup %s', async (_how, how) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-drill-'));
    const path = join(folder, 'millrace.db');
    const store = `sqlite:${path}`;
    const backup = join(folder, 'backup.db');
    const runs: ServerRun[] = [];
    try {
      const first = await serve(store);
      runs.push(first.run);
      const load = new DrillLoad(callsTo(first.url).post);
      await load.start();
      await load.does(ENOUGH);
      const taken = await runMillrace(['backup', '--json', '--store', store, '--to', backup]);
      expect(taken).toMatchObject({ code: 0, stderr: '' });
      await load.does(ENOUGH);
      await first.run.kill();
      await load.stop();

      if (how === 'by hand') {
        copyFileSync(backup, path);
        const refused = await serve(store);
        runs.push(refused.run);
        expect(refused.url).toBeUndefined();
        expect(refused.run.stderr).toContain(
          `${path}-wal was written for another file than ${path}`,
        );
        await rm(`${path}-wal`);
      } else {
        const restored = await runMillrace(['restore', '--store', store, '--from', backup]);
        expect(restored).toMatchObject({ code: 0, stderr: '' });
      }

      const second = await serve(store);
      runs.push(second.run);
      const { at } = JSON.parse(taken.stdout) as { at: string };
      const { post, stats } = callsTo(second.url);
      const found = await load.drain(post, stats);
      const { missing, ghosts, certain } = load.compare(found, Date.parse(at));
      // Enough on both sides of that time, or the drill proves nothing.
      expect(certain.kept).toBeGreaterThan(10);
      expect(certain.gone).toBeGreaterThan(10);
      expect(certain.later).toBeGreaterThan(10);
      expect({ missing, ghosts }).toEqual({ missing: [], ghosts: [] });
    } finally {
      for (const run of runs) await run.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
