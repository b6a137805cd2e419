import { describe, expect, it } from 'vitest';
import { useServer } from './harness/cli-run.js';

const cli = useServer();

describe('keys', () => {
  it('creates a key that may do what its scopes allow, lists and revokes it', async () => {
    const name = await cli.newQueue();
    const [key] = await cli.json('keys', 'create', '--name', 'worker', '--scope', 'consume,read');
    expect(Object.keys(key).sort()).toEqual(
      ['created_at', 'key', 'key_id', 'name', 'project', 'scopes'].sort(),
    );
    expect(key.scopes).toEqual(['consume', 'read']);
    const environment = { MILLRACE_API_KEY: key.key };
    expect((await cli.run(['stats', name], { environment })).code).toBe(0);
    const refused = await cli.run(['publish', name, '1'], { environment });
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('publish')]);

    const table = await cli.output('keys', 'list');
    expect(table).toMatch(new RegExp(`^${key.key_id} +worker +default +consume,read`, 'm'));
    expect(table).not.toContain(key.key);

    const args = ['keys', 'revoke', key.key_id];
    expect(await cli.output(...args, '--dry-run')).toBe(
      `would revoke the key ${key.key_id} (worker)\n`,
    );
    expect((await cli.run(args)).code).toBe(2);
    expect(await cli.json(...args, '--yes')).toEqual([{ key_id: key.key_id, revoked: true }]);
    const late = await cli.run(['stats', name], { environment });
    expect(late.code).toBe(4);
    expect(late.stderr).toContain('MILLRACE_API_KEY');
    expect(late.stderr).not.toContain(key.key);
    expect(await cli.output('keys', 'list')).toMatch(/ revoked \d{4}-/);
    expect(await cli.output(...args, '--dry-run')).toContain('(worker), which is revoked already');
  });

  it('--expires takes a time or a length of time', async () => {
    const create = (expires: string) =>
      cli.json('keys', 'create', '--scope', 'read', '--expires', expires);
    const [timed] = await create('2199-01-01T00:00:00Z');
    expect(timed.expires_at).toBe('2199-01-01T00:00:00.000Z');
    const [spanned] = await create('1d');
    expect(Date.parse(spanned.expires_at)).toBeGreaterThan(Date.now());
    const wrong = await cli.run(['keys', 'create', '--expires', 'soon']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('from now: 90d')]);
  });

  it('refuses an unknown scope and an unknown key', async () => {
    expect((await cli.run(['keys', 'create', '--scope', 'everything'])).code).toBe(2);
    expect((await cli.run(['keys', 'revoke', 'no-such-key', '--yes'])).code).toBe(5);
    const planned = await cli.run(['keys', 'revoke', 'no-such-key', '--dry-run']);
    expect([planned.code, planned.stdout]).toEqual([5, '']);
  });
});

describe('audit', () => {
  it('lists the newest administrative calls', async () => {
    const name = await cli.newQueue();
    await cli.output('queue', 'delete', name, '--yes');
    const [entry, ...others] = await cli.json('audit', '--max', '1');
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ action: 'queue.delete', outcome: 'done', target: name });
    expect(await cli.output('audit')).toMatch(
      /^AT +ACTION +OUTCOME +TARGET +KEY +ADDRESS +COUNT\n/,
    );
  });
});
