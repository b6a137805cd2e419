import { PROTOCOL_VERSION } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import type { CallOptions } from '../../harness/http-server.js';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { dataOf, errorOf } from '../answers/expect-answer.js';
import { useServer } from '../use-server.js';

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

  test('count the events of each queue, from zero on', async () => {
    const queue = await client.newQueue({ max_retries: 0 });
    const of = (event: string) =>
      sample(`millrace_queue_events_total{project="default",queue="${queue}",event="${event}"}`);
    for (let count = 0; count < 5; count += 1) await client.publish(queue);
    const messages = await client.consume(queue, { max_messages: 3, visibility_timeout: 60 });
    const [first, second] = messages.map(({ message_id }) => message_id);
    await client.ack(queue, first);
    await client.nack(queue, second);
    clock.advance(60_000);
    await client.expectStats(queue, { available: 2, dlq: 2 });
    await client.post(`dlq/redrive/${queue}`, {});
    // The store reports what happened about once a second.
    clock.advance(2_000);
    await expect.poll(() => of('redriven')).toBe(2);
    expect(await of('published')).toBe(5);
    expect(await of('delivered')).toBe(3);
    expect(await of('acked')).toBe(1);
    expect(await of('nacked')).toBe(1);
    expect(await of('lease_expired')).toBe(1);
    expect(await of('dead_lettered')).toBe(2);
    expect(await of('expired')).toBe(0);
    expect(await sample('millrace_events_total{event="published"}')).toBeGreaterThanOrEqual(5);
    // A counter does not go back, even if the queue is made again.
    await running.call('DELETE', `/v1/queue/delete/${queue}`);
    await client.post('create', { name: queue });
    await client.publish(queue);
    clock.advance(2_000);
    await expect.poll(() => of('published')).toBe(6);
  });

  test('show who consumes each queue', async () => {
    const queue = await client.newQueue();
    const labels = `{project="default",queue="${queue}"}`;
    const waiting = () => sample(`millrace_queue_waiting_consumers${labels}`);
    const lastFetch = () => sample(`millrace_queue_last_fetch_age_seconds${labels}`);
    expect(await waiting()).toBe(0);
    expect(await lastFetch()).toBeUndefined();
    const poll = client.consume(queue, { wait_seconds: 20 });
    await expect.poll(waiting).toBe(1);
    await client.publish(queue);
    await poll;
    clock.advance(7_000);
    expect(await waiting()).toBe(0);
    expect(await lastFetch()).toBe(7);
  });

  test('measure commit groups', async () => {
    const commands = async () => (await sample('millrace_commit_group_commands_sum')) ?? 0;
    const before = await commands();
    const groups = (await sample('millrace_commit_group_commands_count')) ?? 0;
    await client.newQueue();
    expect(await commands()).toBeGreaterThan(before);
    expect(await sample('millrace_commit_group_duration_seconds_count')).toBeGreaterThan(groups);
  });

  test('show the state of the store and of the process', async () => {
    expect(await sample('millrace_store_up')).toBe(1);
    expect(await sample('millrace_publishing_stopped')).toBe(0);
    const isPositive = async (series: string) => ((await sample(series)) ?? -1) >= 0;
    // A database server has its own monitoring.
    expect(await isPositive('millrace_disk_free_bytes')).toBe(factory.isLocal);
    expect(await isPositive('millrace_wal_size_bytes')).toBe(factory.isLocal);
    expect(await isPositive('nodejs_eventloop_lag_p99_seconds')).toBe(true);
    const startedAt = (await sample('process_start_time_seconds')) ?? 0;
    expect(startedAt).toBeCloseTo(performance.timeOrigin / 1_000, 0);
    const labels = `version="${PROTOCOL_VERSION}",node_version="${process.version}"`;
    expect(await sample(`millrace_build_info{${labels}}`)).toBe(1);
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
