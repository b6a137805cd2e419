import { expect, it } from 'vitest';
import { onEachStore } from '../store-session.js';

onEachStore('commit groups', (session) => {
  it('answer their commands in order, and later commands see the effects of earlier ones', async () => {
    const project = session().project();
    const outcomes = await project.group(
      project.createQueue('q'),
      project.publish('q', ['1', '2']),
      project.consume('q', { maxMessages: 1 }),
      project.consume('q'),
      project.consume('q'),
    );
    expect(outcomes).toMatchObject([
      { queue: { name: 'q' } },
      { messageIds: [expect.any(String), expect.any(String)] },
      { messages: [{ payload: '1' }] },
      { messages: [{ payload: '2' }] },
      { messages: [] },
    ]);
  });

  it('tell a consumer that they are crowded, not that its queue is empty, when their project asks for much', async () => {
    const project = session().project();
    await project.create('empty');
    await project.create('full');
    await project.send('full', '1');
    const outcomes = await project.group(
      ...Array.from({ length: 9 }, () => project.consume('empty', { maxMessages: 1_000 })),
      project.consume('full', { maxMessages: 1_000 }),
    );
    const last = outcomes.at(-1);
    if (!last?.ok || !('messages' in last)) expect.fail('the consume was refused');
    if (last.messages.length === 0) expect(last).toMatchObject({ crowded: true });
    else expect(last.messages).toMatchObject([{ payload: '1' }]);
  });

  it('apply the other commands when some are refused', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '0');
    const message = await project.receiveOne('q');
    const outcomes = await project.group(
      project.publish('q', ['1']),
      project.publish('unknown', ['never']),
      project.ack('q', { ...message, receipt: 'stale' }),
      project.publish('q', ['2']),
      project.createQueue('q', { maxRetries: 99 }),
      project.ack('q', message),
    );
    expect(outcomes.map((outcome) => outcome.ok || outcome.code)).toEqual([
      true,
      'QUEUE_NOT_FOUND',
      'LEASE_LOST',
      true,
      'QUEUE_EXISTS',
      true,
    ]);
    expect(await project.payloads('q')).toEqual(['1', '2']);
  });

  it('apply all commands but the one on which the store fails', async () => {
    const project = session().project();
    await project.create('q');
    const [messageId = ''] = await project.send('q', '0');
    const outcomes = await project.group(
      project.publish('q', ['1']),
      // An id that is taken already, which no caller can cause, stands for any bug in the server. The
      // first message of the batch must not remain.
      project.publish('q', ['never', { payload: 'never', messageId }]),
      project.createQueue('made after the fault'),
      project.publish('q', ['2']),
    );
    expect(outcomes.map((outcome) => outcome.ok || outcome.code)).toEqual([
      true,
      'INTERNAL',
      true,
      true,
    ]);
    expect(await project.tally('q')).toEqual({ available: 3 });
    expect(await project.payloads('q')).toEqual(['0', '1', '2']);
    await project.run(project.publish('made after the fault', ['1']));
  });

  it('create a queue in the order of their commands, by a create or by auto-create', async () => {
    const project = session().project();
    const outcomes = await project.group(
      project.createQueue('q', { maxRetries: 9 }),
      project.publish('q', ['1'], { autoCreate: true }),
    );
    expect(outcomes).toMatchObject([{ ok: true, queue: { maxRetries: 9 } }, { ok: true }]);
    const turned = await project.group(
      project.publish('r', ['1'], { autoCreate: true }),
      project.createQueue('r', { maxRetries: 9 }),
    );
    expect(turned).toMatchObject([{ ok: true }, { ok: false, code: 'QUEUE_EXISTS' }]);
  });

  it('refuse a call without auto-create although the next call creates the queue', async () => {
    const project = session().project();
    const outcomes = await project.group(
      project.consume('q'),
      project.consume('q', { autoCreate: true }),
      project.consume('q'),
    );
    expect(outcomes.map((outcome) => outcome.ok || outcome.code)).toEqual([
      'QUEUE_NOT_FOUND',
      true,
      true,
    ]);
  });

  it('may be empty', async () => {
    expect(await session().project().group()).toEqual([]);
  });

  it('lose and duplicate nothing when several are under way', async () => {
    const project = session().project();
    await project.create('q');
    const sent = Array.from({ length: 100 }, (_, index) => index);
    const lanes = Array.from(
      { length: session().store.commitGroupsUnderWayMax },
      (_, lane) => lane,
    );
    const received = await Promise.all(
      lanes.map(async (lane) => {
        const payloads: string[] = [];
        for (const index of sent.filter((number) => number % lanes.length === lane)) {
          await project.send('q', String(index));
          payloads.push(...(await project.payloads('q', 2)));
        }
        return payloads;
      }),
    );
    const all = [...received.flat(), ...(await project.payloads('q', 1_000))];
    expect(all.map(Number).sort((a, b) => a - b)).toEqual(sent);
  });

  it('are visible to reads as soon as they are answered', async () => {
    const project = session().project();
    await project.create('q');
    const query = { kind: 'stats', project: project.name, queue: 'q' } as const;
    for (let count = 1; count <= 50; count += 1) {
      await project.send('q', '1');
      expect((await session().store.read(query))?.available).toBe(count);
    }
  });
});
