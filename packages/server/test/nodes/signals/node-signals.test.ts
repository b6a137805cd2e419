import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { NO_LOG } from '#server/core/log';
import { parseUrl } from '#server/store/postgres/driver/connections';
import { Reachability } from '#server/store/postgres/driver/reachability';
import { NodeSignals } from '#server/store/postgres/node-signals';
import { connectAdmin } from '../postgres-nodes.js';

describe('a signal of another node', () => {
  const heard: string[] = [];
  let one: NodeSignals;
  let other: NodeSignals;

  const create = (name: string): NodeSignals =>
    new NodeSignals(
      parseUrl(inject('postgresUrl')),
      () => performance.now(),
      (queues) => heard.push(`${name} ready ${queues[0]?.queue} ${queues[0]?.messages}`),
      () => undefined,
      () => heard.push(`${name} clock`),
      new Reachability('signals', NO_LOG),
    );

  beforeEach(async () => {
    heard.length = 0;
    one = create('one');
    other = create('other');
    await one.start();
    await other.start();
  });
  afterEach(() => Promise.all([one.stop(), other.stop()]));

  it('tells that the offset of store time has moved', async () => {
    one.tellClockMoved();
    await expect.poll(() => heard).toEqual(['other clock']);
  });

  it('tells of messages in a queue for which this node waits', async () => {
    other.expect('project', 'orders');
    await expect
      .poll(() => {
        one.tell([{ project: 'project', queue: 'orders', messages: 3 }]);
        return heard.at(-1);
      })
      .toBe('other ready orders 3');
  });

  it('is sent after the one before, as pg asks for', async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    for (let n = 0; n < 50; n += 1) one.expect('project', `queue-${n}`);
    one.tellClockMoved();
    await expect.poll(() => heard).toEqual(['other clock']);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('is passed over where it is none of ours', async () => {
    const admin = await connectAdmin(inject('postgresUrl'));
    const foreign = [
      'no JSON',
      '{"clockMoved":true}',
      '{"node":"x","clockMoved":1}',
      '{"node":"x","ready":[["project\\norders"]]}',
      '{"node":"x","waits":[1]}',
      'null',
    ];
    for (const payload of foreign) {
      await admin.query("SELECT pg_notify('millrace', $1)", [payload]);
    }
    one.tellClockMoved();
    await expect.poll(() => heard).toEqual(['other clock']);
    await admin.end();
  });
});
