import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { useServer } from './harness/cli-run.js';

const cli = useServer();
/** Larger than any number that JSON.parse keeps. */
const LARGE = '{"id": 12345678901234567890,\n "id": 1.50}';

/** The texts of all payloads, as the server stores them. */
async function storedTexts(queue: string): Promise<string[]> {
  const { url, apiKey } = cli.server;
  const answer = await fetch(`${url}/v1/queue/peek/${queue}?limit=1000`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return [...(await answer.text()).matchAll(/"payload":([\s\S]*?),"(?:headers|priority)"/g)].map(
    ([, text = '']) => text,
  );
}

describe('publish', () => {
  it('stores a payload byte for byte, from an argument, a file or the standard input', async () => {
    const queue = await cli.newQueue();
    const path = join(cli.folder, 'payload.json');
    writeFileSync(path, LARGE);
    await cli.output('publish', queue, LARGE);
    await cli.output('publish', queue, '--file', path);
    await cli.run(['publish', queue, '--file', '-'], { input: LARGE });
    expect(await storedTexts(queue)).toEqual([LARGE, LARGE, LARGE]);
  });

  it('prints the id, and passes on how the message is to be delivered', async () => {
    const queue = await cli.newQueue();
    const settings = ['--delay', '1h', '--header', 'source=import', '--header', 'a: b=c'];
    const [{ message_id, ...rest }] = await cli.json(
      'publish',
      queue,
      'hello',
      '--text',
      ...settings,
    );
    expect(rest).toEqual({});
    expect(await cli.server.millrace.queue(queue).message(message_id)).toMatchObject({
      payload: 'hello',
      state: 'delayed',
      headers: { source: 'import', a: 'b=c' },
    });
    expect(await cli.output('publish', queue, '1')).toMatch(/^[0-9a-f-]{36}\n$/);
  });

  it('with the same idempotency key stores one message', async () => {
    const queue = await cli.newQueue();
    const args = ['publish', queue, '1', '--idempotency-key', 'once'];
    expect(await cli.output(...args)).toBe(await cli.output(...args));
    expect((await cli.server.millrace.queue(queue).stats()).available).toBe(1);
  });

  it('keeps group and deduplication in a fifo queue', async () => {
    await cli.output('queue', 'create', 'groups', '--type', 'fifo');
    const args = ['publish', 'groups', '1', '--group', 'g', '--deduplication-id', 'd'];
    await cli.output(...args);
    await cli.output(...args);
    const [message, ...others] = await cli.json('peek', 'groups');
    expect(others).toEqual([]);
    expect(message).toMatchObject({ message_group_id: 'g', deduplication_id: 'd' });
  });

  it.each([
    [['hello'], 'the payload is not JSON: hello'],
    [['1', '--file', 'x'], 'there are two payloads'],
    [['--file', '/no/such/file'], '/no/such/file cannot be read'],
    [['1', '--rate', '5'], '--rate is for lines'],
    [['--deduplication-id', 'd'], '--deduplication-id is for one message'],
    [['--idempotency-key', 'k'], '--idempotency-key is for one message'],
    [['1', '--delay', 'soon'], 'It must be a duration such as 90s'],
    [['1', '--priority', 'high'], 'It must be a whole number'],
    [['1', '--header', 'x'], 'It must be NAME=VALUE'],
    [['1', '--priority', '12'], '--priority must be <= 9'],
  ])('refuses %j as wrong use', async (args, why) => {
    const { code, stderr, stdout } = await cli.run(['publish', await cli.newQueue(), ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
  });
});

it('publish reads a payload that comes late', async () => {
  const queue = await cli.newQueue();
  const run = cli.start('publish', queue, '--file', '-');
  await sleep(2_000);
  run.write('"late"');
  run.endInput();
  expect([await run.ended(), run.stderr()]).toEqual([0, '']);
  expect(await storedTexts(queue)).toEqual(['"late"']);
});

/** The server refuses it, because it is over 1 MiB. */
const TOO_LARGE = JSON.stringify('x'.repeat(1_100_000));

describe('a line that the server refuses', () => {
  it('is named with its siblings and with the lines that were not tried', async () => {
    const queue = await cli.newQueue();
    const lines = [1, TOO_LARGE, 3, TOO_LARGE, TOO_LARGE, 6];
    const { code, stderr } = await cli.run(['publish', queue], { input: lines.join('\n') });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^millrace: line 2 was refused: /);
    const [, refused = ''] =
      /Of the lines up to \d, these are not stored: (.*)\./.exec(stderr) ?? [];
    const [, notTriedFrom = '7'] = /The lines from (\d) on were not tried/.exec(stderr) ?? [];
    expect(['2', '2, 4', '2, 4 to 5']).toContain(refused);
    // What is neither refused nor untried is stored.
    const stored = lines.filter((line, at) => line !== TOO_LARGE && at + 1 < Number(notTriedFrom));
    expect(await storedTexts(queue)).toEqual(stored.map(String));
  });

  it('is told with --json so that the rest can be published', async () => {
    const queue = await cli.newQueue();
    const { stdout, stderr } = await cli.run(['publish', queue, '--json'], {
      input: `1\n${TOO_LARGE}\n`,
    });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      status: 413,
      request_id: expect.any(String),
      lines: { stored: 1, refused: [2], unknown: [] },
    });
  });

  it('is not forgotten when a later line is no JSON', async () => {
    const queue = await cli.newQueue();
    const run = cli.start('publish', queue, '--header', 'x=y');
    run.write(`${TOO_LARGE}\nno json\n`);
    run.endInput();
    expect(await run.ended()).toBe(2);
    expect(run.stderr()).toContain('line 1 was refused: ');
    expect(run.stderr()).toMatch(
      /lines up to 1, these are not stored: 1\.[\s\S]*from 2 on were not tried/,
    );
  });

  it('is told with the names of its own fields, and with the hint of this program', async () => {
    const queue = await cli.newQueue();
    const refused = await cli.run(['publish', queue, '--priority', '12'], { input: '1\n' });
    expect(refused.stderr).not.toContain('messages/');
    expect(refused.stderr).toMatch(/^millrace: line 1 was refused: --priority must be <= 9 /);
    expect(refused.stderr).toContain('See --help.');
  });

  it('sets the exit code although nobody reads the output', async () => {
    const queue = await cli.newQueue();
    const run = cli.start('publish', queue, '--json', '--priority', '12');
    run.closeOutput();
    run.write('1\n');
    run.endInput();
    expect(await run.ended()).toBe(2);
  });
});

describe('publish of lines', () => {
  it('stores each line in order, and the last one without a line break too', async () => {
    const queue = await cli.newQueue();
    const lines = Array.from({ length: 1_200 }, (_, n) => `{"n":${n},"id":12345678901234567890}`);
    const { code, stdout, stderr } = await cli.run(['publish', queue], {
      input: `\n${lines.join('\r\n')}`,
    });
    expect([code, stdout, stderr]).toEqual([0, `1200 messages published to ${queue}\n`, '']);
    expect((await storedTexts(queue)).map((text) => text.trim())).toEqual(lines.slice(0, 1_000));
    expect((await cli.server.millrace.queue(queue).stats()).available).toBe(1_200);
  });

  it('prints an id for each line with --json', async () => {
    const queue = await cli.newQueue();
    const { stdout } = await cli.run(['publish', queue, '--json', '--text'], {
      input: 'a\nb\nc\n',
    });
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message_id);
    const peeked = await cli.json('peek', queue);
    expect(peeked.map(({ message_id }) => message_id)).toEqual(ids);
    expect(peeked.map(({ payload }) => payload)).toEqual(['a', 'b', 'c']);
  });

  it('ends at the first line that is no JSON, and says what is stored', async () => {
    const queue = await cli.newQueue();
    const { code, stderr } = await cli.run(['publish', queue], { input: '1\n\n2\noops\n3\n' });
    expect(code).toBe(2);
    expect(stderr).toContain('line 4 is not JSON: oops (2 messages stored)');
    expect(stderr).toContain('The lines from 4 on were not tried.');
    expect(await storedTexts(queue)).toEqual(['1', '2']);
  });

  it('names the line that the server refuses', async () => {
    const queue = await cli.newQueue();
    const large = JSON.stringify('x'.repeat(1_100_000));
    const { code, stderr } = await cli.run(['publish', queue], { input: `1\n${large}\n` });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^millrace: line 2 was refused: .*\(1 message stored, 1 refused\)/);
  });

  it('refuses a line that would only fill the memory, and input that is not UTF-8', async () => {
    const queue = await cli.newQueue();
    const endless = await cli.run(['publish', queue], { input: 'x'.repeat(3_000_000) });
    expect([endless.code, endless.stderr]).toEqual([
      2,
      expect.stringContaining('line 1 is over 2 MiB'),
    ]);
    const latin = await cli.run(['publish', queue], {
      input: Buffer.from([0x31, 0x0a, 0xe9, 0x0a]),
    });
    expect([latin.code, latin.stderr]).toEqual([2, expect.stringContaining('is not UTF-8')]);
  });

  it.each([
    ['at its --rate', ['--rate', '2'], '1\n'.repeat(1_000)],
    ['while it waits for input', [], '1\n'],
  ])('ends on Ctrl-C %s, and says what is stored', async (_, flags, input) => {
    const name = await cli.newQueue();
    const run = cli.start('publish', name, ...flags);
    run.write(input);
    const queue = cli.server.millrace.queue(name);
    await expect
      .poll(async () => (await queue.stats()).available, { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect(await run.end('SIGINT')).toBe(130);
    const { available } = await queue.stats();
    expect(available).toBeLessThan(1_000);
    expect(run.stderr()).toMatch(
      new RegExp(
        `^millrace: ended by SIGINT \\(${available} messages? stored\\)\n  The lines from ${available + 1} on were not tried.\n$`,
      ),
    );
  });
});
