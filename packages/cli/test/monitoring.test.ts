import { describe, expect, it } from 'vitest';
import { useServer } from './harness/cli-run.js';

const cli = useServer();

describe('stats', () => {
  it('shows the queues named, or all', async () => {
    const [first, second] = [await cli.newQueue(), await cli.newQueue()];
    await cli.server.millrace.queue(first).publish(1);
    const [stats, ...others] = await cli.json('stats', first);
    expect(others).toEqual([]);
    expect(stats).toMatchObject({ queue: first, available: 1, in_flight: 0, delayed: 0, dlq: 0 });
    const all = await cli.output('stats');
    for (const name of [first, second]) expect(all).toContain(`\n${name} `);
    expect((await cli.run(['stats', 'no-such-queue'])).code).toBe(5);
  });

  it('--watch prints a line for each look, and ends with 0 on a signal', async () => {
    const name = await cli.newQueue();
    const run = cli.start('stats', name, '--watch', '100ms', '--json');
    await expect.poll(() => run.lines().length, { timeout: 20_000 }).toBeGreaterThan(2);
    expect(await run.end('SIGINT')).toBe(0);
    for (const line of run.lines()) expect(JSON.parse(line)).toMatchObject({ queue: name });
  });
});

describe('history', () => {
  it.each([
    [[], 'minutes', 60, 'MINUTE'],
    [['--span', 'hour'], 'minutes', 60, 'MINUTE'],
    [['--span', 'day'], 'quarter_hours', 96, 'QUARTER OF AN HOUR'],
  ] as const)('%j shows the %s', async (flags, unit, count, head) => {
    const name = await cli.newQueue();
    await cli.server.millrace.queue(name).publish(1);
    const [history] = await cli.json('history', name, ...flags);
    expect(Object.keys(history)).toEqual(['queue', unit]);
    expect(history.queue).toBe(name);
    expect(history[unit]).toHaveLength(count);
    const fields = ['acked', 'at', 'dead_lettered', 'delivered', 'depth', 'failed', 'published'];
    expect(Object.keys(history[unit][0]).sort()).toEqual(fields);
    const lines = (await cli.output('history', name, ...flags)).trim().split('\n');
    expect(lines).toHaveLength(count + 1);
    expect(lines[0]).toMatch(new RegExp(`^${head}  `));
  });

  it('takes no other span', async () => {
    const { code, stderr } = await cli.run(['history', 'orders', '--span', 'week']);
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are hour, day');
  });
});

describe('check', () => {
  it.each([
    [['--max-depth', '2', '--max-dead-letters', '0', '--max-age', '1h'], 0, 'OK - QUEUE: depth 2'],
    [['--max-depth', '1'], 2, 'CRITICAL - QUEUE: depth 2 is over 1'],
    [['--warn-depth', '1', '--max-depth', '9'], 1, 'WARNING - QUEUE: depth 2 is over 1'],
  ])('%j ends with %i', async (flags, code, line) => {
    const name = await cli.newQueue();
    await cli.server.millrace.queue(name).publishBatch([{ payload: 1 }, { payload: 2 }]);
    const result = await cli.run(['check', name, ...flags]);
    expect([result.code, result.stderr]).toEqual([code, '']);
    expect(result.stdout).toContain(`MILLRACE ${line.replace('QUEUE', name)}`);
    expect(result.stdout).toMatch(/ \| 'depth'=2;\d*;\d* 'age'=\d+s;;\d* 'dead_letters'=0;;\d*\n$/);
  });

  it('takes the worst of several queues, and names each with --json', async () => {
    const [good, bad] = [await cli.newQueue(), await cli.newQueue()];
    await cli.server.millrace.queue(bad).publish(1);
    const { code, stdout } = await cli.run(['check', good, bad, '--max-depth', '0', '--json']);
    expect(code).toBe(2);
    const findings = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(findings).toMatchObject([
      { queue: good, state: 'OK' },
      { queue: bad, state: 'CRITICAL' },
    ]);
    expect(Object.keys(findings[1]).sort()).toEqual(
      ['measures', 'problems', 'queue', 'state', 'summary'].sort(),
    );
  });

  it('is UNKNOWN where it cannot be made, and CRITICAL if the server is gone', async () => {
    const unknown = await cli.run(['check', 'no-such-queue']);
    expect([unknown.code, unknown.stdout]).toEqual([3, expect.stringContaining('UNKNOWN')]);
    const refused = await cli.run(['check', 'orders', '--key', 'wrong']);
    expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining('UNKNOWN')]);
    for (const flags of [['--max-depth', 'many'], ['--no-such-option']]) {
      const wrong = await cli.run(['check', 'orders', ...flags]);
      expect(wrong).toMatchObject({
        code: 3,
        stdout: expect.stringMatching(/^MILLRACE UNKNOWN - .*\n$/),
        stderr: expect.stringMatching(/^millrace: /),
      });
    }
    const asJson = await cli.run(['check', 'orders', '--no-such-option', '--json']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ state: 'UNKNOWN' });
    const gone = await cli.run(['check', 'orders', '--url', 'http://127.0.0.1:9']);
    expect([gone.code, gone.stdout]).toEqual([2, expect.stringContaining('CRITICAL')]);
  });
});

describe('check --no-fetch-for', () => {
  it('is critical until somebody fetches', async () => {
    const name = await cli.newQueue();
    const args = ['check', name, '--no-fetch-for', '1h'];
    expect(await cli.run(args)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('nobody has fetched so far'),
    });
    await cli.server.millrace.queue(name).consume();
    expect((await cli.run(args)).code).toBe(0);
  });
});

describe('bench', () => {
  it('measures in a queue of its own, and deletes it', async () => {
    const [result] = await cli.json('bench', '--messages', '500', '--batch', '50');
    expect(result).toMatchObject({ messages: 500, batch: 50, concurrency: 16, size_bytes: 256 });
    for (const step of result.steps) expect(step.messages).toBe(500);
    expect(Object.keys(result.steps[0])).toEqual([
      ...['name', 'messages', 'messages_per_second', 'p50_ms', 'p99_ms'],
    ]);
    expect(await cli.json('queue', 'list', '--prefix', 'bench-')).toEqual([]);
  });

  it('deletes its queue on Ctrl-C too', async () => {
    const run = cli.start('bench', '--messages', '10000000', '--batch', '10');
    const count = async () => (await cli.json('queue', 'list', '--prefix', 'bench-')).length;
    await expect.poll(count, { timeout: 20_000, interval: 500 }).toBe(1);
    expect(await run.end('SIGINT')).toBe(130);
    expect(await count()).toBe(0);
  });
});
