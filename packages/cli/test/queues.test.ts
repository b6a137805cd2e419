import { describe, expect, it } from 'vitest';
import { useServer } from './harness/cli-run.js';

const cli = useServer();

const QUEUE_FIELDS = [
  'created_at',
  'enable_priority',
  'max_expired_leases',
  'max_retries',
  'message_retention_days',
  'queue',
  'type',
  'updated_at',
  'visibility_timeout_default',
];

describe('queue', () => {
  it('create makes a queue with the settings given, and repeating it changes nothing', async () => {
    const args = ['queue', 'create', 'ledger', '--type', 'fifo', '--max-retries', '5'];
    args.push('--visibility-timeout-default', '2m', '--message-retention-days', '1');
    expect(await cli.output(...args)).toBe('the queue ledger exists\n');
    const [record] = await cli.json(...args);
    expect(Object.keys(record).sort()).toEqual(QUEUE_FIELDS);
    expect(record).toMatchObject({
      queue: 'ledger',
      type: 'fifo',
      max_retries: 5,
      visibility_timeout_default: 120,
      message_retention_days: 1,
    });
  });

  it('create of a queue with other settings is a conflict', async () => {
    const name = await cli.newQueue();
    const { code, stderr } = await cli.run(['queue', 'create', name, '--max-retries', '9']);
    expect(code).toBe(6);
    expect(stderr).toMatch(/^millrace: .*max_retries/);
  });

  it('list prints a line for each queue, with its counts', async () => {
    const name = await cli.newQueue();
    await cli.server.millrace.queue(name).publish(1);
    const table = await cli.output('queue', 'list');
    expect(table).toMatch(/^QUEUE +TYPE +AVAILABLE +IN FLIGHT +DELAYED +DEAD LETTERS\n/);
    expect(table).toMatch(new RegExp(`^${name} +standard +1 +0 +0 +0$`, 'm'));
    const [record, ...others] = await cli.json('queue', 'list', '--prefix', name);
    expect(others).toEqual([]);
    expect(Object.keys(record).sort()).toEqual([...QUEUE_FIELDS, 'stats'].sort());
    expect(record.stats).toMatchObject({ queue: name, available: 1, in_flight: 0 });
  });

  it('show prints settings and counts', async () => {
    const name = await cli.newQueue({ maxRetries: 4 });
    expect(await cli.output('queue', 'show', name)).toMatch(/^max_retries +4$/m);
    const [record] = await cli.json('queue', 'get', name);
    expect(record).toMatchObject({ queue: name, stats: { queue: name, dlq: 0 } });
  });

  it('update changes and clears settings', async () => {
    const target = await cli.newQueue();
    const name = await cli.newQueue();
    const update = (...settings: string[]) => cli.json('queue', 'update', name, ...settings);
    const [changed] = await update('--dead-letter-queue', target, '--max-expired-leases', '2');
    expect(changed).toMatchObject({ dead_letter_queue: target, max_expired_leases: 2 });
    const [cleared] = await update('--no-dead-letter-queue', '--no-max-expired-leases');
    expect(cleared).not.toHaveProperty('dead_letter_queue');
    expect(cleared.max_expired_leases).not.toBe(2);
  });

  it('update without a setting is refused before the server is called', async () => {
    const { code, stderr } = await cli.run(['queue', 'update', 'orders']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no setting was given')]);
  });
});

describe.each([
  ['purge', { purged: 2 }],
  ['delete', { deleted: true }],
])('queue %s', (verb, result) => {
  it('says what it would do, refuses without a terminal, and does it with --yes', async () => {
    const name = await cli.newQueue();
    await cli.server.millrace.queue(name).publishBatch([{ payload: 1 }, { payload: 2 }]);
    const args = ['queue', verb, name];
    expect(await cli.output(...args, '--dry-run')).toMatch(/^would .* 2 messages/);
    expect(await cli.json(...args, '--dry-run')).toEqual([
      { dry_run: true, action: `queue.${verb}`, target: name, affected: 2 },
    ]);
    const refused = await cli.run(args);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('Give it with --yes.');
    expect((await cli.server.millrace.queue(name).stats()).available).toBe(2);
    expect(await cli.json(...args, '--yes')).toEqual([{ queue: name, ...result }]);
  });
});
