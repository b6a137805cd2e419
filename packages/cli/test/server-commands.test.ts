import { describe, expect, it } from 'vitest';
import { runCli, useServer } from './harness/cli-run.js';

/** It runs `millrace dev`. */
const cli = useServer(['--max-queue-messages', '1']);

describe('the commands of the server', () => {
  it('get their flags as they stand', async () => {
    const name = await cli.newQueue();
    await cli.output('publish', name, '1');
    expect((await cli.run(['publish', name, '2'])).code).toBe(7);
    const { code, stderr } = await runCli(['serve', '--no-such-flag']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--no-such-flag')]);
  });

  it.each(['serve', 'dev', 'backup', 'restore'])('%s has its own help', async (name) => {
    const { code, stdout } = await runCli([name, '--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Usage: millrace')]);
    expect(stdout).not.toContain('Exit codes:');
    expect((await runCli(['help', name])).stdout).toBe(stdout);
  });

  it('dev clock advances the clock of a running server', async () => {
    const name = await cli.newQueue();
    await cli.output('publish', name, '1', '--delay', '7d');
    const { url } = cli.server;
    const advanced = await cli.json('dev', 'clock', 'advance', '7d', '--url', url);
    expect(advanced).toEqual([{ now: expect.any(String), ahead_seconds: 604_800 }]);
    expect(await cli.json('consume', name, '--wait', '5s')).toMatchObject([{ payload: 1 }]);
  });
});
