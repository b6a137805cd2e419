import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerRun } from '../nodes/run-server.js';
import { pause } from './load/pause.js';

const API_KEY = 'a key for a disk that is full';
const PUBLISHERS = 8;
const PAYLOAD = 'x'.repeat(4_000);
const LARGE_PAYLOAD = 'x'.repeat(20_000);

interface Leased {
  readonly message_id: string;
  readonly receipt: string;
}

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what a call answers with
  readonly data?: any;
  readonly error?: { readonly code: string };
}

/** Mounts a separate file system that another process can fill; only root can do so. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', folder]);
  if (mounted.status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

const disk = process.platform === 'linux' ? mountSmallDisk() : undefined;
const why = disk === undefined ? ' (skipped: no tmpfs can be mounted here)' : '';

describe.skipIf(disk === undefined)(`a disk that runs full${why}`, () => {
  const folder = disk as string;
  const filler = join(folder, 'filler');
  let server: ServerRun;
  let baseUrl: string;
  /** Messages acknowledged as published, and not yet as acked. */
  const held = new Set<string>();
  const codes = new Set<string>();
  let published = 0;
  let acked = 0;

  beforeAll(async () => {
    server = new ServerRun(`sqlite:${join(folder, 'millrace.db')}`, { MILLRACE_API_KEY: API_KEY });
    baseUrl = (await server.listening()) as string;
    expect(baseUrl, server.stderr).toBeDefined();
    await call('create', { name: 'q', visibility_timeout: 3_600 });
  });
  afterAll(async () => {
    await server?.kill();
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  const call = async (name: string, body: object) => {
    const answered = fetch(`${baseUrl}/v1/queue/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then((response) => response.json() as Promise<Answer>);
    const { data, error } = await answered.catch((): Answer => ({ error: { code: 'no answer' } }));
    const code = error?.code ?? 'ok';
    codes.add(code);
    return { data, code };
  };
  const publish = async (): Promise<string> => {
    const { data, code } = await call('publish', { queue: 'q', payload: PAYLOAD });
    if (code !== 'ok') return code;
    published += 1;
    held.add(data.message_id);
    return code;
  };
  const publishMany = async (): Promise<string> => {
    const messages = Array.from({ length: 40 }, () => ({ payload: LARGE_PAYLOAD }));
    const { data, code } = await call('publish_batch', { queue: 'q', messages });
    for (const id of data?.message_ids ?? []) held.add(id);
    return code;
  };
  const takeAndAck = async (maxMessages = 4): Promise<string> => {
    const { data, code } = await call('consume', { queue: 'q', max_messages: maxMessages });
    if (code !== 'ok') return code;
    if (data.messages.length === 0) return code;
    const entries = data.messages.map(({ message_id, receipt }: Leased) => ({
      message_id,
      receipt,
    }));
    const settled = await call('ack_batch', { queue: 'q', messages: entries });
    if (settled.code !== 'ok') return settled.code;
    for (const { message_id } of entries) if (held.delete(message_id)) acked += 1;
    return code;
  };
  const ready = async () => {
    const response = await fetch(`${baseUrl}/readyz`);
    return { status: response.status, ...((await response.json()) as object) };
  };
  /** Publishes as fast as possible until it is stopped. */
  const publishing = () => {
    let isOver = false;
    const loops = Array.from({ length: PUBLISHERS }, async () => {
      while (!isOver) if ((await publish()) !== 'ok') await pause(5);
    });
    return async (): Promise<void> => {
      isOver = true;
      await Promise.all(loops);
    };
  };
  /** Leaves not one byte free, as `cat` ends when it cannot write. */
  const fill = () => spawnSync('sh', ['-c', 'cat /dev/zero >> "$0"', filler]);
  const drain = async (): Promise<void> => {
    for (let before = -1; before !== acked; ) {
      before = acked;
      expect(await takeAndAck(100)).toBe('ok');
    }
  };

  it('costs no acknowledged message and stops no settling, and publishing resumes when there is space', async () => {
    const stop = publishing();
    await expect.poll(() => published, { timeout: 90_000 }).toBeGreaterThan(500);
    // Space that the server frees is filled again each time.
    for (let round = 0; round < 4; round += 1) {
      fill();
      for (let n = 0; n < 50; n += 1) expect(await takeAndAck(), server.stderr).toBe('ok');
    }
    expect(await publish()).toBe('STORAGE_FULL');
    expect(await ready()).toEqual({
      status: 'ready',
      publishing: 'stopped: the disk has less free space than --min-free-bytes',
    });
    await stop();
    expect(server.isRunning, server.stderr).toBe(true);
    expect(acked).toBeGreaterThan(200);

    rmSync(filler);
    await expect.poll(publish, { timeout: 15_000 }).toBe('ok');
    expect(await ready()).toEqual({ status: 'ready' });
    await drain();
    expect(held.size).toBe(0);
    expect([...codes].sort()).toEqual(['STORAGE_FULL', 'ok']);
    expect(server.isRunning, server.stderr).toBe(true);
  }, 180_000);

  it('makes the server stop publishing at the floor by itself, however fast it publishes', async () => {
    const untilRefused = async (): Promise<string> => {
      for (;;) {
        const code = await publishMany();
        if (code !== 'ok') return code;
      }
    };
    const refusals = await Promise.all(Array.from({ length: PUBLISHERS }, untilRefused));
    expect(new Set(refusals)).toEqual(new Set(['STORAGE_FULL']));
    const freeMib = Number(execFileSync('stat', ['-f', '-c', '%a', folder])) / 256;
    // A commit group may begin just above the floor, which is 64 MiB; its data is copied into the file
    // later.
    expect(freeMib).toBeGreaterThan(48);
    expect(held.size).toBeGreaterThan(0);
    await drain();
    expect(held.size).toBe(0);
    expect([...codes].sort()).toEqual(['STORAGE_FULL', 'ok']);
  }, 180_000);
});
