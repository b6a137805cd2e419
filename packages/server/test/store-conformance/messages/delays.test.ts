import { expect, it } from 'vitest';
import { onEachStore, withReceipt } from '../store-session.js';

onEachStore('a delay', (session) => {
  it('keeps a message back until it is over, to the millisecond', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', { payload: '1', delayMs: 1_500 });
    expect(await project.tally('q')).toEqual({ delayed: 1 });
    session().clock.advance(1_499);
    expect(await project.payloads('q')).toEqual([]);
    session().clock.advance(1);
    expect(await project.payloads('q')).toEqual(['1']);
  });

  it("does not change a message's order, which follows its publishing", async () => {
    const project = session().project();
    await project.create('q');
    await project.send(
      'q',
      { payload: '1', delayMs: 2_000 },
      { payload: '2', delayMs: 1_000 },
      '3',
    );
    session().clock.advance(2_000);
    expect(await project.payloads('q')).toEqual(['1', '2', '3']);
  });

  it('leaves no delivery to settle', async () => {
    const project = session().project();
    await project.create('q');
    const [messageId = ''] = await project.send('q', { delayMs: 1_000 });
    expect(await project.acked('q', { messageId, receipt: null })).toBe(false);
    expect(await project.acked('q', { messageId, receipt: 'any' })).toBe(false);
    expect(await project.tally('q')).toEqual({ delayed: 1 });
  });

  it("of a nacked message keeps the message's order", async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2');
    const message = await project.receiveOne('q');
    await project.run(project.nack('q', message, { delayMs: 1_000 }));
    expect(await project.tally('q')).toEqual({ available: 1, delayed: 1 });
    expect(await project.refused(project.ack('q', message))).toBe('LEASE_LOST');
    expect(await project.acked('q', withReceipt(message, null))).toBe(false);
    session().clock.advance(1_000);
    expect(await project.payloads('q')).toEqual(['1', '2']);
  });

  it('may be seven days long', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', { delayMs: 604_800_000 });
    session().clock.advance(604_799_999);
    expect(await project.tally('q')).toEqual({ delayed: 1 });
    session().clock.advance(1);
    expect(await project.tally('q')).toEqual({ available: 1 });
  });

  it('is reported to listeners with the next time due, and with the queues that become ready', async () => {
    const project = session().project();
    const due: (number | null)[] = [];
    const ready: unknown[] = [];
    // Nothing left by other tests may be due any more.
    session().clock.advance(86_400_000);
    await project.group({ kind: 'settleDue', limit: 10_000 });
    session().store.listen({
      ready: (queues) => ready.push(...queues),
      nextDue: (atMs) => due.push(atMs),
      failed: () => {},
    });
    const nowMs = session().clock.nowMs();
    await project.create('q', { visibilityTimeoutDefaultMs: 1_000 });
    await project.send('q', { delayMs: 3_000 }, { delayMs: 2_000 });
    expect(ready).toEqual([]);
    await project.send('q', '1', '2');
    await project.receiveOne('q');
    expect(due).toEqual([null, nowMs + 2_000, nowMs + 2_000, nowMs + 1_000]);
    expect(ready).toEqual([{ project: project.name, queue: 'q', messages: 2 }]);
    session().clock.advance(2_000);
    await project.group({ kind: 'settleDue', limit: 10 });
    expect(due.at(-1)).toBe(nowMs + 3_000);
    // Two messages are ready: that of the lease that ran out, and that of the shorter delay.
    expect(ready.at(-1)).toEqual({ project: project.name, queue: 'q', messages: 2 });
  });

  it('of any number of messages can end at once', async () => {
    const project = session().project();
    await project.create('q');
    const many = Array.from({ length: 1_000 }, () => ({ delayMs: 1_000 }));
    await project.send('q', ...many);
    session().clock.advance(1_000);
    await project.group({ kind: 'settleDue', limit: 1_000 });
    expect(await project.tally('q')).toEqual({ available: 1_000 });
  });
});
