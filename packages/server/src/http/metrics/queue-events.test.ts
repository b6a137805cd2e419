import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { emptyTally, type QueueTally } from '../../core/store/tallies.js';
import { QueueEvents } from './queue-events.js';

const published = (project: string, queue: string): QueueTally => ({
  queueId: 1,
  project,
  queue,
  counts: { ...emptyTally(), published: 1 },
});

const manyQueues = (project: string, count: number): QueueTally[] =>
  Array.from({ length: count }, (_, queue) => published(project, `q${queue}`));

const countOf = async (events: QueueEvents, project: string, queue: string): Promise<number> => {
  const series = `millrace_queue_events_total{project="${project}",queue="${queue}",event="published"}`;
  const line = (await events.text()).split('\n').find((text) => text.startsWith(series));
  return Number(line?.slice(series.length));
};

describe('the events of queues', () => {
  it('have series for a project, however many queues another one has had', async () => {
    const events = new QueueEvents(new Registry());
    events.tallied(manyQueues('many', 12_000));
    events.tallied([published('few', 'orders')]);
    events.tallied([published('few', 'orders')]);
    expect(await countOf(events, 'few', 'orders')).toBe(2);
  });

  it('end the series in which nothing happened for the longest time', async () => {
    const events = new QueueEvents(new Registry());
    events.tallied(manyQueues('many', 10_000));
    events.tallied([published('many', 'q0')]);
    events.tallied([published('few', 'orders')]);
    expect(await countOf(events, 'many', 'q0')).toBe(2);
    expect(await countOf(events, 'many', 'q1')).toBeNaN();
    expect(await countOf(events, 'many', 'q2')).toBe(1);
  });

  it('keep the series of a project that has used up all room itself', async () => {
    const events = new QueueEvents(new Registry());
    events.tallied(manyQueues('p', 12_000));
    events.tallied(manyQueues('p', 12_000));
    expect(await countOf(events, 'p', 'q0')).toBe(2);
    expect(await countOf(events, 'p', 'q10000')).toBeNaN();
  });
});
