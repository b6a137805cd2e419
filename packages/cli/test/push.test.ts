import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useServer } from './harness/cli-run.js';

const cli = useServer();

let receiver: Server;
let url = '';
let answer = 204;
beforeAll(async () => {
  receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(answer).end());
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(() => void receiver.close());

describe('push', () => {
  it('subscribes, shows, tests, pauses, resumes and unsubscribes', async () => {
    const name = await cli.newQueue();
    const settings = ['--format', 'payload', '--max-in-flight', '3', '--header', 'x-from=cli'];
    const secret = 'a secret of twenty bytes';
    const { stdout } = await cli.run(
      ['push', 'subscribe', name, url, '--json', '--secret', '-', ...settings],
      { input: `${secret}\n` },
    );
    const subscription = JSON.parse(stdout);
    expect(stdout).not.toContain(secret);
    expect(Object.keys(subscription).sort()).toEqual(
      ['created_at', 'format', 'headers', 'id', 'max_in_flight', 'queue', 'signed', 'state']
        .concat(['subscription_id', 'updated_at', 'url'])
        .sort(),
    );
    expect(subscription).toMatchObject({ format: 'payload', max_in_flight: 3, signed: true, url });
    const id = subscription.subscription_id;

    expect(await cli.json('push', 'list', name)).toMatchObject([{ subscription_id: id }]);
    expect(await cli.output('push', 'list', name)).toMatch(new RegExp(`^${id} +active +true`, 'm'));
    expect(await cli.json('push', 'test', name, id)).toMatchObject([
      { delivered: true, status: 204 },
    ]);
    expect(await cli.output('push', 'pause', name, id)).toBe('the subscription is paused\n');
    expect(await cli.json('push', 'resume', name, id)).toMatchObject([{ state: 'active' }]);

    await cli.output('publish', name, '1');
    await expect
      .poll(() => cli.json('push', 'deliveries', name, id), { timeout: 20_000, interval: 500 })
      .toMatchObject([{ attempt: 1, status: 204, message_id: expect.any(String) }]);

    expect(await cli.json('push', 'unsubscribe', name, id, '--dry-run')).toEqual([
      { dry_run: true, action: 'queue.push_unsubscribe', target: id, affected: 1 },
    ]);
    expect((await cli.run(['push', 'unsubscribe', name, id])).code).toBe(2);
    const ended = await cli.json('push', 'unsubscribe', name, id, '--yes');
    expect(ended).toEqual([{ subscription_id: id, deleted: true }]);
  });

  it('test fails if the receiver does not accept the message', async () => {
    answer = 500;
    const name = await cli.newQueue();
    const [{ subscription_id: id }] = await cli.json('push', 'subscribe', name, url);
    const { code, stdout, stderr } = await cli.run(['push', 'test', name, id]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^the receiver answered 500 after \d+ ms\n$/);
    expect(stderr).toContain('was not delivered');
  });

  it('refuses a url that is not allowed, and a subscription that does not exist', async () => {
    const name = await cli.newQueue();
    expect((await cli.run(['push', 'subscribe', name, 'http://10.0.0.1/'])).code).toBe(2);
    expect((await cli.run(['push', 'pause', name, 'no-such-id'])).code).toBe(5);
    for (const flag of ['--dry-run', '--yes']) {
      const { code, stdout } = await cli.run(['push', 'unsubscribe', name, 'no-such-id', flag]);
      expect([code, stdout]).toEqual([5, '']);
    }
  });
});
