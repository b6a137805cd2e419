import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CliResult, runCli, startCli, useServer } from './harness/cli-run.js';

const cli = useServer();
const SECRET = 'ifr_a_key_that_nobody_may_see';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-contexts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (args: string[], input = '', environment = {}): Promise<CliResult> =>
  runCli(args, { input, environment: { XDG_CONFIG_HOME: folder, ...environment } });

async function add(name: string, url: string, key: string): Promise<void> {
  const { code, stderr } = await inFolder(['context', 'add', name, '--url', url], `${key}\n`);
  if (code !== 0) throw new Error(stderr);
}

describe('context', () => {
  it('stores keys in a file that only its owner can read, and never prints them', async () => {
    const args = ['context', 'add', 'prod', '--url', 'https://queue.example'];
    const results = [
      await inFolder(args, `${SECRET}\n`),
      await inFolder([...args, '--key', SECRET, '--json']),
      await inFolder(['context', 'list']),
      await inFolder(['context', 'list', '--json']),
      await inFolder(['context', 'show', 'prod']),
      await inFolder(['context', 'show', '--json']),
    ];
    for (const { code, stdout, stderr } of results) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toContain(SECRET);
    }
    expect(results[3]?.stdout).toBe(
      '{"name":"prod","url":"https://queue.example","current":true}\n',
    );
    const path = join(folder, 'millrace', 'contexts.json');
    expect(readFileSync(path, 'utf8')).toContain(SECRET);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'millrace')).mode & 0o777).toBe(0o700);
  });

  it('takes the first line of a pipe for the key, without waiting for its end', async () => {
    const environment = { XDG_CONFIG_HOME: folder };
    const run = startCli(['context', 'add', 'a', '--url', 'http://x'], environment);
    run.write(`${SECRET}\nmore`);
    expect([await run.ended(), run.stderr()]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'millrace', 'contexts.json'), 'utf8')).toContain(
      `"${SECRET}"`,
    );
  });

  it('names the server to call: the current one, or that of --context or MILLRACE_CONTEXT', async () => {
    const { url, apiKey } = cli.server;
    await add('good', url, apiKey);
    await add('bad', 'http://127.0.0.1:9', SECRET);
    expect((await inFolder(['stats'])).code).toBe(0);
    expect((await inFolder(['stats', '--context', 'bad'])).code).toBe(3);
    expect((await inFolder(['stats'], '', { MILLRACE_CONTEXT: 'bad' })).code).toBe(3);
    await inFolder(['context', 'use', 'bad']);
    expect((await inFolder(['stats'])).code).toBe(3);
    const variables = { MILLRACE_URL: url, MILLRACE_API_KEY: apiKey };
    expect((await inFolder(['stats'], '', variables)).code).toBe(0);
    expect((await inFolder(['stats', '--context', 'bad'], '', variables)).code).toBe(3);
    await inFolder(['context', 'remove', 'bad']);
    const unknown = await inFolder(['stats', '--context', 'bad']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('there are: good')]);
  });

  it('sends the key of a context to no other server', async () => {
    const { url, apiKey } = cli.server;
    await add('other', 'https://queue.example', apiKey);
    const { code, stderr } = await inFolder(['stats', '--url', url]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`there is no API key for ${url}`)]);
  });

  it.each([
    [['add', 'a b', '--url', 'http://x'], 'the name of a context must have'],
    [['add', 'a', '--url', 'x'], '--url must begin with http'],
    [['add', 'a', '--url', 'http://x:99999'], '--url must be a url'],
    [['add', 'a', '--url', 'http://u:p@x'], '--url must not contain a user name'],
    [['add', 'a', '--url', 'http://x', '--key', ''], 'the API key must have'],
    [['add', 'a', '--url', 'http://x', '--key', 'a b'], 'the API key must have'],
    [['add', 'a'], "required option '--url"],
    [['use', 'a'], 'there is no context "a"'],
    [['remove', 'a'], 'there is no context "a"'],
    [['show', 'a'], 'there is no context "a"'],
  ])('refuses %j', async (args, why) => {
    const { code, stderr } = await inFolder(['context', ...args], 'key\n');
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  it('does not quote a file that it cannot read', async () => {
    await add('a', 'http://x', SECRET);
    writeFileSync(join(folder, 'millrace', 'contexts.json'), `{"contexts": ${SECRET}`);
    const { code, stderr } = await inFolder(['context', 'list']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is not a file of contexts')]);
    expect(stderr).not.toContain(SECRET);
  });
});
