import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PushReceiver, type Reply } from '../harness/push-receiver.js';
import { DevServer } from './dev-server.js';

const HOUR = 3_600;
const later = (status: number): Reply => ({ status, headers: { 'retry-after': String(HOUR) } });

describe('pushes of millrace dev', () => {
  let dev: DevServer;
  let receiver: PushReceiver;
  beforeEach(async () => {
    dev = await DevServer.start();
    receiver = await PushReceiver.start();
  });
  afterEach(async () => {
    await receiver.stop();
    await dev.stop();
  });

  const subscribe = async (queue: string, settings = {}): Promise<void> => {
    const body = { url: receiver.url, ...settings };
    const { status, text } = await dev.client.post(`push_subscribe/${queue}`, body);
    expect(status, text).toBe(200);
  };

  it('reach this machine, from a queue that the subscription has created', async () => {
    await subscribe('made-by-subscribing');
    await dev.client.publish('made-by-subscribing', { n: 1 });
    expect((await receiver.received(1))[0]?.json).toMatchObject({ payload: { n: 1 } });
  });

  it('are signed with the real time, whatever the clock shows', async () => {
    await dev.advance(30 * 24 * HOUR);
    await subscribe('signed', { secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` });
    await dev.client.publish('signed');
    const [push] = await receiver.received(1);
    const aheadSeconds = Number(push?.headers['webhook-timestamp']) - Date.now() / 1_000;
    expect(Math.abs(aheadSeconds)).toBeLessThan(24 * HOUR);
  });

  it('that failed are tried again when an advance has passed their delay', async () => {
    receiver.reply = () => later(500);
    await subscribe('fails');
    await dev.client.publish('fails');
    await receiver.received(1);
    await dev.client.expectStats('fails', { delayed: 1, in_flight: 0 });
    receiver.reply = () => 200;
    await dev.advance(HOUR);
    await receiver.received(2);
    await dev.client.expectStats('fails', { available: 0, delayed: 0, in_flight: 0, dlq: 0 });
  });

  it('that a breaker holds back go on after an advance', async () => {
    receiver.reply = () => later(503);
    await dev.client.post('create', { name: 'down' });
    await dev.client.publishAll('down', [1, 2, 3, 4, 5]);
    await subscribe('down', { max_in_flight: 5 });
    await receiver.received(5);
    await dev.run.says(/push breaker opened/);
    await dev.client.publish('down', 6);
    await dev.client.expectStats('down', { available: 1, delayed: 5, in_flight: 0 });
    receiver.reply = () => 200;
    await dev.advance(HOUR);
    await receiver.received(11);
    expect(new Set(receiver.pushes.slice(5).map(({ json }) => json.payload)).size).toBe(6);
    await dev.client.expectStats('down', { available: 0, delayed: 0, in_flight: 0, dlq: 0 });
  });
});
