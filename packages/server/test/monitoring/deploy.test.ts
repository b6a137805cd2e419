import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { STORE_FACTORIES } from '../harness/stores.js';
import { usePushes } from '../http-conformance/push/use-pushes.js';
import { ALERT_TESTS, ALERTS, metricsIn, queriesOf, readDashboard } from './deploy-files.js';
import { hasPromtool, promtool } from './promtool.js';

/** Metrics that only a store in a file has. */
const OF_A_FILE = ['millrace_disk_free_bytes', 'millrace_wal_size_bytes'];

const namesIn = (page: string): string[] =>
  [...page.matchAll(/^# TYPE (\w+) /gm)].map((match) => match[1] as string);

describe.each(STORE_FACTORIES)('the metrics of a live server on $name', (factory) => {
  const { running, client, receiver, advanceUntil } = usePushes(factory);
  let page: string;

  /** Brings about everything that the metrics tell, so that none of them is without samples. */
  beforeAll(async () => {
    const hook = await receiver();
    hook.reply = () => 503;
    const queue = await client.newQueue({ max_retries: 0 });
    await client.publish(queue);
    await client.take(queue);
    await client.publish(queue);
    const pushed = await client.newQueue();
    await client.subscribed(pushed, hook.url);
    await client.publish(pushed);
    await advanceUntil(() => hook.pushes.length >= 5);
    await advanceUntil(async () => {
      page = (await running.call('GET', '/metrics')).text;
      return /^millrace_push_breaker_open\{.*\} 1$/m.test(page);
    });
  });

  it('are all that the dashboard and the alert rules use', () => {
    const exported = namesIn(page);
    const used = metricsIn(
      [...queriesOf(readDashboard()).map(([, query]) => query), exprsIn(ALERTS)].join('\n'),
    );
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !exported.includes(name))).toEqual([]);
  });

  it('have a sample each', () => {
    const without = namesIn(page).filter(
      (name) => !new RegExp(`^${name}(_count)?(\\{.*\\})? `, 'm').test(page),
    );
    expect(without).toEqual(factory.isLocal ? [] : OF_A_FILE);
  });

  it('are explained in the guide to operations', () => {
    const guide = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
    const explained = metricsIn(guide);
    expect(namesIn(page).filter((name) => !explained.includes(name))).toEqual([]);
  });

  it.skipIf(!hasPromtool)('are valid for promtool', () => {
    expect(promtool(['check', 'metrics'], page)).toEqual({ status: 0, output: '' });
    const broken = page.replace('millrace_store_up 1', 'millrace_store_up one');
    expect(promtool(['check', 'metrics'], broken).status).not.toBe(0);
  });
});

/** The expressions of the rules, without their texts for people. */
function exprsIn(path: string): string {
  const rules = readFileSync(path, 'utf8').split('- alert: ').slice(1);
  return rules.map((rule) => rule.slice(rule.indexOf('expr:'), rule.indexOf('labels:'))).join('\n');
}

describe.skipIf(!hasPromtool)('promtool', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-rules-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('accepts the alert rules', () => {
    const { status, output } = promtool(['check', 'rules', ALERTS]);
    expect(status, output).toBe(0);
    expect(output).toContain('14 rules found');
  });

  test('finds that the rules fire when they should, and only then', () => {
    const { status, output } = promtool(['test', 'rules', ALERT_TESTS]);
    expect(status, output).toBe(0);
  });

  test('has a case for each rule', () => {
    const cases = readFileSync(ALERT_TESTS, 'utf8');
    const names = [...readFileSync(ALERTS, 'utf8').matchAll(/- alert: (\w+)/g)];
    expect(names).toHaveLength(14);
    for (const [, name] of names) expect(cases).toContain(name);
  });

  test('accepts the queries of the dashboard', () => {
    const queries = queriesOf(readDashboard());
    const rules = queries.map(([, query], index) => ({
      record: `panel:${index}`,
      expr: query.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, '.*'),
    }));
    const path = join(folder, 'dashboard.json');
    // JSON is YAML.
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, output } = promtool(['check', 'rules', path]);
    expect(status, output).toBe(0);
    expect(output).toContain(`${queries.length} rules found`);
  });
});

test('every panel of the dashboard has a title and a query', () => {
  const { panels, templating } = readDashboard();
  const known = templating.list.map(({ name }) => name);
  const queries = queriesOf({ panels });
  expect(queries.length).toBeGreaterThan(25);
  for (const [title, query] of queries) {
    expect(title).toMatch(/\S/);
    const variables = [...query.matchAll(/\$(\w+)/g)].map((match) => match[1] as string);
    for (const name of variables) expect([...known, '__rate_interval']).toContain(name);
  }
});
