import { describe, expect, it } from 'vitest';
import { startCli } from './harness/cli-run.js';
import { useFakeServers } from './harness/fake-server.js';

const fakeServer = useFakeServers();

const message = (number: number) => ({
  message_id: `id-${number}`,
  queue: 'orders',
  payload: number,
  receipt: `receipt-${number}`,
  lease_expires_at: '2199-01-01T00:00:00.000Z',
  delivery_count: 1,
});

/** What `consume` asks first: how long a lease lasts. */
const asksForQueue = (path: string): boolean => path.includes('/get/');
const QUEUE = { data: { queue: 'orders', visibility_timeout_default: 30 } };

describe('Ctrl-C during a call that is not answered', () => {
  it.each([
    ['stats --watch', ['stats', 'orders', '--watch'], 0],
    ['stats --watch of all queues', ['stats', '--watch'], 0],
    ['tail', ['tail', 'orders'], 0],
    ['consume --follow', ['consume', 'orders', '--follow'], 0],
    ['consume', ['consume', 'orders', '--wait', '1h'], 130],
    ['bench', ['bench'], 130],
    ['publish of lines', ['publish', 'orders'], 130],
  ] as const)('ends %s', async (_, args, code) => {
    const server = await fakeServer(() => 'nothing');
    const run = startCli(args, server.environment);
    run.write('1\n2\n');
    await expect.poll(() => server.paths.length, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await run.end('SIGINT')).toBe(code);
    if (args[0] === 'publish') {
      expect(run.stderr()).toContain('ended by SIGINT (0 messages stored, 2 unknown)');
      expect(run.stderr()).toContain('Whether these lines are stored is not known: 1 to 2.');
      expect(run.stderr()).toContain('The lines from 3 on were not tried.');
    }
    if (args[0] === 'bench') expect(run.stderr()).toMatch(/millrace queue delete bench-\w+ --yes/);
  });

  it('of a bench under way ends it', async () => {
    const server = await fakeServer((path) =>
      path.endsWith('/create') ? { data: { queue: 'bench' } } : 'nothing',
    );
    const run = startCli(['bench', '--concurrency', '32'], server.environment);
    await expect.poll(() => server.paths.length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(await run.end('SIGINT')).toBe(130);
    expect(run.stderr()).not.toContain('MaxListeners');
  });
});

describe('consume --follow', () => {
  it('goes on after a server broke the connection of a long poll', async () => {
    let polls = 0;
    const server = await fakeServer((path) => {
      if (asksForQueue(path)) return QUEUE;
      polls += 1;
      if (polls <= 2) return 'broken';
      return polls === 3 ? { data: { messages: [message(1)] } } : 'nothing';
    });
    const run = startCli(['consume', 'orders', '--follow', '--payload'], server.environment);
    await expect.poll(run.lines, { timeout: 20_000 }).toEqual(['1']);
    await run.end('SIGINT');
  });

  it('says on Ctrl-C what stays leased, if the server does not answer', async () => {
    let polls = 0;
    const server = await fakeServer((path) => {
      if (asksForQueue(path)) return QUEUE;
      polls += 1;
      if (polls > 1) return 'nothing';
      return { data: { messages: Array.from({ length: 50 }, (_, n) => message(n)) } };
    });
    const run = startCli(['consume', 'orders', '--follow', '--payload'], server.environment);
    await expect.poll(() => run.lines().length, { timeout: 20_000 }).toBe(50);
    expect(await run.end('SIGINT')).toBe(0);
    expect(run.stderr()).toContain('50 messages stay leased until the visibility timeout');
  });

  it('says on Ctrl-C what was printed and not acked', async () => {
    const server = await fakeServer((path) => {
      if (asksForQueue(path)) return QUEUE;
      return path.includes('ack') ? 'nothing' : { data: { messages: [message(1)] } };
    });
    const run = startCli(['consume', 'orders', '--follow', '--ack'], server.environment);
    await expect.poll(() => server.paths.some((path) => path.includes('ack'))).toBe(true);
    expect(await run.end('SIGINT')).toBe(0);
    expect(run.stderr()).toContain('1 message printed but not acked');
  });
});
