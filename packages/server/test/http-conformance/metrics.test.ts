import { describe, expect, test } from 'vitest';
import type { CallOptions } from '../harness/http-server.js';
import { STORE_FACTORIES } from '../harness/stores.js';
import { dataOf, errorOf } from './expect-answer.js';
import { useServer } from './use-server.js';

describe.each(STORE_FACTORIES)('metrics on $name', (factory) => {
  const running = useServer(factory);
  const { client, clock } = running;
  const scrape = (options: CallOptions = {}) => running.call('GET', '/metrics', undefined, options);
  const sample = async (series: string): Promise<number | undefined> => {
    const line = (await scrape()).text.split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  const keyWith = async (scopes: string[], project = 'default'): Promise<string> =>
    dataOf(await running.call('POST', '/v1/account/keys/create', { scopes, project })).key;

  test('are in the text format of Prometheus', async () => {
    const answer = await scrape();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of answer.text.split('\n').filter(Boolean)) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)*\})? [-+.\dInfe]+)$/);
    }
    expect(await sample('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  });

  test('count messages by queue and state, and show the age of the oldest', async () => {
    const queue = await client.newQueue({ max_retries: 0 });
    const of = (state: string) =>
      sample(`millrace_queue_messages{project="default",queue="${queue}",state="${state}"}`);
    const age = () =>
      sample(`millrace_queue_oldest_age_seconds{project="default",queue="${queue}"}`);
    expect(await of('available')).toBe(0);
    expect(await age()).toBe(0);
    const dead = await client.publish(queue);
    await client.take(queue).then(({ receipt }) => client.nack(queue, dead, { receipt }));
    for (let count = 0; count < 3; count += 1) await client.publish(queue);
    await client.publish(queue, {}, { delay_seconds: 60 });
    await client.take(queue);
    expect(await of('available')).toBe(2);
    expect(await of('in_flight')).toBe(1);
    expect(await of('delayed')).toBe(1);
    expect(await of('dead')).toBe(1);
    clock.advance(7_000);
    expect(await age()).toBeGreaterThanOrEqual(7);
  });

  test('no longer include a deleted queue', async () => {
    const queue = await client.newQueue();
    const series = `millrace_queue_messages{project="default",queue="${queue}",state="available"}`;
    expect(await sample(series)).toBe(0);
    await running.call('DELETE', `/v1/queue/delete/${queue}`);
    expect(await sample(series)).toBeUndefined();
  });

  test('include the queues of all projects', async () => {
    const key = await keyWith(['manage'], 'elsewhere');
    await client.with({ key }).post('create', { name: 'theirs' });
    const series = 'millrace_queue_messages{project="elsewhere",queue="theirs",state="available"}';
    expect(await sample(series)).toBe(0);
  });

  test('count answers by capability and status', async () => {
    const count = (status: number) =>
      sample(`millrace_requests_total{capability="queue.stats",status="${status}"}`);
    const [ok = 0, missing = 0] = [await count(200), await count(404)];
    const queue = await client.newQueue();
    await client.get(`stats/${queue}`);
    await client.get('stats/no-such-queue');
    expect(await count(200)).toBe(ok + 1);
    expect(await count(404)).toBe(missing + 1);
    const durations = 'millrace_request_duration_seconds_count{capability="queue.stats"}';
    expect(await sample(durations)).toBe(ok + missing + 2);
  });

  test('are refused without a key, whatever address the headers claim', async () => {
    const answer = await scrape({ key: null });
    expect(answer.status).toBe(401);
    errorOf(answer, 'UNAUTHENTICATED');
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
      const forwarded = { key: null, headers: { [name]: '127.0.0.1' } };
      errorOf(await scrape(forwarded), 'UNAUTHENTICATED');
    }
  });

  test('are refused to a key with other scopes', async () => {
    const key = await keyWith(['manage', 'read', 'publish', 'consume']);
    errorOf(await scrape({ key }), 'SCOPE_MISSING');
  });

  test.each(['metrics', 'admin'])('are answered to a key with the scope %s', async (scope) => {
    const key = await keyWith([scope]);
    const answer = await scrape({ key });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('are all that a key with the scope metrics may read', async () => {
    const key = await keyWith(['metrics']);
    const queue = await client.newQueue();
    for (const path of ['list', `get/${queue}`, `stats/${queue}`, `peek/${queue}`]) {
      errorOf(await client.with({ key }).get(path), 'SCOPE_MISSING');
    }
    errorOf(await client.with({ key }).post('publish', { queue, payload: 1 }), 'SCOPE_MISSING');
  });

  test('answer 405 to POST', async () => {
    expect((await running.call('POST', '/metrics', {})).status).toBe(405);
  });
});
