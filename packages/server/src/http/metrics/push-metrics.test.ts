import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { PushMetrics, type PushState } from './push-metrics.js';

it('names an open breaker of a project, however many another one has', async () => {
  const open = (project: string, number: number): PushState => ({
    project,
    queue: 'q',
    subscriptionId: `s${number}`,
    isBreakerOpen: true,
  });
  const states = Array.from({ length: 1_200 }, (_, number) => open('many', number));
  const registry = new Registry();
  new PushMetrics(registry).watch(() => [...states, open('few', 1)]);
  const text = await registry.metrics();
  expect(text).toContain(
    'millrace_push_breaker_open{project="few",queue="q",subscription_id="s1"} 1',
  );
  expect(text.match(/^millrace_push_breaker_open\{/gm)).toHaveLength(1_000);
});
