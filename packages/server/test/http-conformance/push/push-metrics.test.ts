import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { usePushes } from './use-pushes.js';

describe.each(STORE_FACTORIES)('metrics of pushes on $name', (factory) => {
  const { running, client, receiver, advanceUntil } = usePushes(factory);
  const sample = async (series: string): Promise<number | undefined> => {
    const { text } = await running.call('GET', '/metrics');
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  const attempts = async (result: string) =>
    (await sample(`millrace_push_attempts_total{result="${result}"}`)) ?? -1;

  test('count attempts by result, and show an open breaker while it is open, as the list does', async () => {
    const hook = await receiver();
    hook.reply = () => 503;
    const queue = await client.newQueue();
    const { subscription_id: id } = await client.subscribed(queue, hook.url);
    const labels = `{project="default",queue="${queue}",subscription_id="${id}"}`;
    const isOpen = () => sample(`millrace_push_breaker_open${labels}`);
    expect(await attempts('success')).toBe(0);
    expect(await sample('millrace_push_subscriptions{breaker="closed"}')).toBe(1);
    await client.publish(queue);
    await advanceUntil(async () => (await isOpen()) === 1);
    expect(await attempts('outage')).toBeGreaterThanOrEqual(5);
    expect(await sample('millrace_push_subscriptions{breaker="open"}')).toBe(1);
    const [open] = await client.subscriptions(queue);
    expect(open.breaker).toBe('open');
    expect(Date.parse(open.next_probe_at)).toBeGreaterThan(Date.parse(open.created_at));
    hook.reply = () => 200;
    await advanceUntil(async () => (await isOpen()) === undefined);
    const [closed] = await client.subscriptions(queue);
    expect(closed).not.toHaveProperty('breaker');
    expect(closed).not.toHaveProperty('next_probe_at');
    expect(await attempts('success')).toBe(1);
    expect(await sample('millrace_push_subscriptions{breaker="open"}')).toBe(0);
    hook.reply = () => 400;
    await client.publish(queue);
    await advanceUntil(async () => (await attempts('failure')) === 1);
  });
});
