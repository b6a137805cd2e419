import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BIN, plainEnvironment, startCli, useServer } from './harness/cli-run.js';

const cli = useServer();

const MESSAGE_FIELDS = [
  'delivery_count',
  'enqueued_at',
  'lease_expires_at',
  'message_id',
  'payload',
  'priority',
  'queue',
  'receipt',
];

describe('consume', () => {
  it('prints one message with its receipt, and leaves it leased', async () => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    await queue.publishBatch([{ payload: { a: 1 } }, { payload: 2 }]);
    const [message, ...others] = await cli.json('consume', name);
    expect(others).toEqual([]);
    expect(Object.keys(message).sort()).toEqual(MESSAGE_FIELDS);
    expect(message).toMatchObject({ queue: name, payload: { a: 1 }, delivery_count: 1 });
    expect(await queue.stats()).toMatchObject({ available: 1, inFlight: 1 });
    expect(await cli.output('consume', name)).toMatch(/^message_id=\S+ .*receipt=\S+ .*\n2\n$/);
  });

  it('removes what it has printed with --ack, and ends when the queue is empty', async () => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    await queue.publishBatch([1, 2, 3].map((payload) => ({ payload })));
    expect(await cli.output('consume', name, '--max', '10', '--ack', '--payload')).toBe(
      '1\n2\n3\n',
    );
    expect(await queue.stats()).toMatchObject({ available: 0, inFlight: 0 });
    expect(await cli.run(['consume', name])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('waits for the first message', async () => {
    const name = await cli.newQueue();
    const waiting = cli.output('consume', name, '--wait', '30s', '--payload');
    await cli.server.millrace.queue(name).publish('late', { delaySeconds: 1 });
    expect(await waiting).toBe('"late"\n');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('--follow returns its leases on %s', async (signal) => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    await queue.publishBatch([1, 2, 3].map((payload) => ({ payload })));
    const run = cli.start('consume', name, '--follow', '--payload');
    await expect.poll(run.lines, { timeout: 20_000 }).toEqual(['1', '2', '3']);
    expect(await run.end(signal)).toBe(0);
    expect(await queue.stats()).toMatchObject({ available: 3, inFlight: 0 });
    const [message] = (await queue.consume()).messages;
    expect(message).toMatchObject({ payload: 1 });
    expect(message).not.toHaveProperty('lastError');
  });

  it('that waits for messages ends with 130 on Ctrl-C', async () => {
    const name = await cli.newQueue();
    const run = cli.start('consume', name, '--wait', '1h', '--json');
    const queue = cli.server.millrace.queue(name);
    await queue.publish(1, { delaySeconds: 3_600 });
    await expect.poll(() => queue.stats()).toMatchObject({ waitingConsumers: 1 });
    expect(await run.end('SIGINT')).toBe(130);
  });

  it('acks nothing that its reader did not take', async () => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    const payload = 'x'.repeat(100_000);
    await queue.publishBatch(Array.from({ length: 50 }, () => ({ payload })));
    const child = spawn(process.execPath, [BIN, 'consume', name, '--max', '50', '--ack'], {
      env: { ...plainEnvironment(), ...cli.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await closed;
    expect([code, stderr]).toEqual([0, '']);
    const { available, inFlight } = await queue.stats();
    expect(inFlight).toBe(0);
    expect(available).toBeGreaterThan(30);
  });

  it('acks what a slow reader has taken, and returns what would wait too long', async () => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    const text = 'x'.repeat(20_000);
    const numbers = Array.from({ length: 60 }, (_, number) => number);
    await queue.publishBatch(numbers.map((number) => ({ payload: { number, text } })));
    const lease = ['--visibility-timeout', '6s'];
    const consume = ['consume', name, '--follow', '--ack', '--payload', ...lease];
    const slow = spawn(process.execPath, [BIN, ...consume], {
      env: { ...plainEnvironment(), ...cli.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void slow.kill('SIGKILL'));
    const closed = once(slow, 'close');
    const there = async () => {
      const { available, inFlight } = await queue.stats();
      return available + inFlight;
    };
    // Nobody reads yet: some are in the pipe, one is being written, and the others are returned.
    await expect.poll(() => queue.stats(), { timeout: 20_000 }).toMatchObject({ inFlight: 1 });
    const left = await there();
    expect(left).toBeLessThan(60);
    // The one that is being written stays leased however long it takes.
    const leasedUntil = async () => (await queue.peek({ state: 'leased' }).toArray(1))[0];
    const first = await leasedUntil();
    await expect.poll(leasedUntil, { timeout: 20_000 }).not.toEqual(first);
    expect(await queue.stats()).toMatchObject({ available: left - 1, inFlight: 1 });
    // Others get what was returned, and nobody gets anything twice.
    const fast = await cli.output('consume', name, '--max', '60', '--ack', '--payload');
    let printed = '';
    slow.stdout.setEncoding('utf8').on('data', (more: string) => {
      printed += more;
    });
    await expect.poll(there, { timeout: 20_000 }).toBe(0);
    slow.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
    const lines = `${printed}${fast}`.split('\n').filter(Boolean);
    const got = lines.map((line) => JSON.parse(line).number);
    expect(got.sort((a, b) => a - b)).toEqual(numbers);
  });

  it('returns its leases although the clock here is an hour ahead of the server', async () => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    const ahead = 'const{now}=Date;Date.now=()=>now()+36e5';
    const run = startCli(['consume', name, '--follow', '--payload'], {
      ...cli.environment,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
    });
    // One after the other, because a later fetch is what forgets the leases that have ended.
    for (const number of [1, 2, 3]) {
      await queue.publish(number);
      await expect.poll(run.lines, { timeout: 20_000 }).toContain(String(number));
    }
    await expect.poll(() => queue.stats()).toMatchObject({ waitingConsumers: 1 });
    expect(await run.end('SIGINT')).toBe(0);
    expect(await queue.stats()).toMatchObject({ available: 3, inFlight: 0 });
  });
});

describe('tail', () => {
  it('prints what comes into a queue, and takes nothing', async () => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    await queue.publish('before');
    const run = cli.start('tail', name, '--payload', '--interval', '200ms');
    const all = cli.start('tail', name, '--from-start', '--json', '--interval', '200ms');
    const payloads = () => all.lines().map((line) => JSON.parse(line).payload);
    await expect.poll(payloads, { timeout: 20_000 }).toEqual(['before']);
    // The other one may start later, and shows only what comes after its first look.
    await expect
      .poll(
        async () => {
          await queue.publish('now');
          return run.lines();
        },
        { timeout: 20_000 },
      )
      .toContain('"now"');
    await queue.publish('later', { delaySeconds: 60 });
    await expect.poll(run.lines, { timeout: 20_000 }).toContain('"later"');
    expect(run.lines()).not.toContain('"before"');
    expect((await queue.stats()).inFlight).toBe(0);
    expect(await run.end('SIGINT')).toBe(0);
    expect(await all.end('SIGTERM')).toBe(0);
    const ids = all.lines().map((line) => JSON.parse(line).message_id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a delivery', () => {
  it('is extended, nacked and acked by its receipt', async () => {
    const name = await cli.newQueue({ maxRetries: 5 });
    await cli.server.millrace.queue(name).publish({ id: 1 });
    const [first] = await cli.json('consume', name);
    const of = ({ message_id, receipt }: typeof first) => [name, message_id, '--receipt', receipt];
    const [id] = [first.message_id];
    const [extended] = await cli.json('extend', name, id, '10m', '--receipt', first.receipt);
    expect(extended).toEqual({
      message_id: id,
      extended: true,
      lease_expires_at: expect.any(String),
    });
    const nacked = await cli.json('nack', ...of(first), '--error', 'no stock');
    expect(nacked).toEqual([{ message_id: id, nacked: true, requeued: true }]);
    expect(await cli.output('message', name, id)).toMatch(/nack +\S+ +no stock/);
    const [second] = await cli.json('consume', name);
    const late = await cli.run(['nack', ...of(first)]);
    expect(late.code).toBe(6);
    expect(await cli.json('ack', ...of(second))).toEqual([{ message_id: id, acked: true }]);
    expect(await cli.output('ack', ...of(second))).toBe(`${id} was not there any more\n`);
  });

  it('that is not requeued is a dead letter', async () => {
    const name = await cli.newQueue();
    await cli.server.millrace.queue(name).publish({ id: 1 });
    const [{ message_id: id }] = await cli.json('consume', name);
    expect(await cli.output('nack', name, id, '--no-requeue')).toBe(`${id} is a dead letter\n`);
    expect(await cli.json('dlq', 'list', name)).toMatchObject([
      { message_id: id, queue: name, dead_letter_reason: 'rejected', payload: { id: 1 } },
    ]);
    expect(await cli.json('dlq', 'redrive', name, '--dry-run')).toEqual([
      { dry_run: true, action: 'queue.dlq.redrive', target: name, affected: 1 },
    ]);
    expect((await cli.run(['dlq', 'redrive', name])).code).toBe(2);
    const redrive = ['dlq', 'redrive', name, '--since', '1h', '--yes'];
    expect(await cli.json(...redrive)).toEqual([{ queue: name, redriven: 1 }]);
    await cli.json('consume', name);
    await cli.output('nack', name, id, '--no-requeue');
    expect((await cli.run(['dlq', 'purge', name])).code).toBe(2);
    const purge = ['dlq', 'purge', name, '--message', id, '--yes'];
    expect(await cli.json(...purge)).toEqual([{ queue: name, purged: 1 }]);
  });
});

describe('a message that is not leased', () => {
  it.each([['nack'], ['extend', '1m']])('cannot be settled: %s', async (verb, ...more) => {
    const name = await cli.newQueue();
    const { messageId } = await cli.server.millrace.queue(name).publish(1);
    const there = await cli.run([verb, name, messageId, ...more]);
    expect([there.code, there.stdout]).toEqual([6, '']);
    expect(there.stderr).toContain(`${messageId} is not leased`);
    const gone = await cli.run([verb, name, 'no-such-id', ...more]);
    expect([gone.code, gone.stdout]).toEqual([5, '']);
    expect((await cli.run(['ack', name, 'no-such-id'])).code).toBe(0);
  });
});

describe('a dead letter that is not there', () => {
  it.each(['redrive', 'purge'])('cannot be meant by dlq %s', async (verb) => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    await queue.publish(1);
    const [message] = (await queue.consume()).messages;
    if (message) await queue.nack(message, { requeue: false });
    for (const flag of ['--dry-run', '--yes']) {
      const args = ['dlq', verb, name, '--message', 'no-such-id', flag];
      const { code, stdout, stderr } = await cli.run(args);
      expect([code, stdout, stderr]).toEqual([5, '', expect.stringContaining('no dead letter')]);
    }
    const args = ['dlq', verb, name, '--message', message?.messageId ?? ''];
    expect(await cli.json(...args, '--dry-run')).toMatchObject([{ affected: 1 }]);
    await cli.json(...args, '--yes');
    expect((await queue.stats()).dlq).toBe(0);
  });
});

describe('peek', () => {
  it('shows messages by their state, as many as asked for', async () => {
    const name = await cli.newQueue();
    const queue = cli.server.millrace.queue(name);
    await queue.publishBatch([{ payload: 1 }, { payload: 2 }, { payload: 3, delaySeconds: 60 }]);
    const shown = await cli.json('peek', name, '--max', '2');
    expect(shown).toMatchObject([{ payload: 1, state: 'available' }, { payload: 2 }]);
    const [delayed, ...others] = await cli.json('peek', name, '--state', 'delayed');
    expect(others).toEqual([]);
    expect(delayed).toMatchObject({
      payload: 3,
      state_reason: expect.stringMatching(/^delayed until/),
    });
    expect(await cli.output('peek', name)).toMatch(
      /^MESSAGE +STATE +DELIVERIES +PUBLISHED +PAYLOAD\n/,
    );
  });
});
