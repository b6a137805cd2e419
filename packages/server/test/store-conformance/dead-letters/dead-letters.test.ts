import { expect, it } from 'vitest';
import { onEachStore } from '../store-session.js';

onEachStore('dead letters', (session) => {
  it('stay in the built-in queue: counted, not consumable', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    await project.send('q', '1', '2');
    await project.run(project.nack('q', await project.receiveOne('q')));
    expect(await project.tally('q')).toEqual({ available: 1, dlq: 1 });
    expect(await project.payloads('q')).toEqual(['2']);
  });

  it('become ordinary messages of a named queue and name their source queue', async () => {
    const project = session().project();
    await project.create('dead', { visibilityTimeoutDefaultMs: 4_000 });
    await project.create('q', { deadLetterQueue: 'dead', maxRetries: 0 });
    const enqueuedAtMs = session().clock.nowMs();
    const headers = '{"a":"b"}';
    const [messageId] = await project.send('q', { payload: '{"x": 1}', headers, priority: 3 });
    session().clock.advance(1_000);
    const source = await project.receiveOne('q');
    session().clock.advance(1_000);
    const nowMs = session().clock.nowMs();
    await project.run(project.nack('q', source, { error: 'no' }));
    expect(await project.tally('q')).toEqual({ dlq: 1 });
    expect(await project.tally('dead')).toEqual({ available: 1 });
    const message = await project.receiveOne('dead');
    expect(message).toEqual({
      messageId,
      payload: '{"x": 1}',
      headers,
      priority: 3,
      groupId: null,
      deduplicationId: null,
      enqueuedAtMs,
      deliveryCount: 2,
      sourceQueue: 'q',
      deadLetteredAtMs: nowMs,
      deadLetterReason: 'max_retries',
      lastError: 'no',
      nacks: 0,
      receipt: message.receipt,
      leaseExpiresAtMs: nowMs + 4_000,
    });
    expect(message.receipt).not.toBe(source.receipt);
  });

  it('give the reason of their death', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead', maxRetries: 0 });
    await project.send('q', '"rejected"', '"max_retries"', '"expired_lease"');
    const [rejected, failed] = await project.receive('q', 3, 1_000);
    if (rejected === undefined || failed === undefined) throw new Error('nothing received');
    await project.run(project.nack('q', rejected, { requeue: false }));
    await project.run(project.nack('q', failed));
    session().clock.advance(1_000);
    for (const message of await project.receive('dead')) {
      expect(`"${message.deadLetterReason}"`).toBe(message.payload);
    }
  });

  it('are counted for their source queue until they are acked', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('a', { deadLetterQueue: 'dead' });
    await project.create('b', { deadLetterQueue: 'dead' });
    for (const queue of ['a', 'b']) {
      await project.send(queue, `"${queue}"`);
      const message = await project.receiveOne(queue);
      await project.run(project.nack(queue, message, { requeue: false }));
    }
    expect(await project.tally('a')).toEqual({ dlq: 1 });
    expect(await project.tally('dead')).toEqual({ available: 2 });
    const [first] = await project.receive('dead');
    if (first === undefined) throw new Error('nothing received');
    expect(await project.tally('a')).toEqual({ dlq: 1 });
    expect(await project.acked('dead', first)).toBe(true);
    expect(await project.tally('a')).toEqual({});
    expect(await project.tally('b')).toEqual({ dlq: 1 });
  });

  it('go on along a chain and belong to the queue they last came from', async () => {
    const project = session().project();
    await project.create('last');
    await project.create('middle', { deadLetterQueue: 'last', maxRetries: 1 });
    await project.create('q', { deadLetterQueue: 'middle', maxRetries: 0 });
    await project.send('q', '1');
    await project.run(project.nack('q', await project.receiveOne('q')));
    // Retries start again in the queue that received it.
    await project.run(project.nack('middle', await project.receiveOne('middle')));
    expect(await project.tally('middle')).toEqual({ available: 1 });
    for (const deliveryCount of [3, 4]) {
      const message = await project.receiveOne('middle', 1_000);
      expect(message).toMatchObject({ sourceQueue: 'q', deliveryCount });
      session().clock.advance(1_000);
    }
    expect(await project.tally('q')).toEqual({});
    expect(await project.tally('middle')).toEqual({ dlq: 1 });
    expect(await project.receiveOne('last')).toMatchObject({
      sourceQueue: 'middle',
      deadLetterReason: 'expired_lease',
    });
  });

  it('go no further than the built-in queue of a dead-letter queue', async () => {
    const project = session().project();
    await project.create('dead', { maxRetries: 0 });
    await project.create('q', { deadLetterQueue: 'dead', maxRetries: 0 });
    await project.send('q', '1');
    await project.run(project.nack('q', await project.receiveOne('q')));
    await project.run(project.nack('dead', await project.receiveOne('dead')));
    expect(await project.tally('q')).toEqual({});
    expect(await project.tally('dead')).toEqual({ dlq: 1 });
  });

  it('can be received from the named queue in the commit group that fails them', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { deadLetterQueue: 'dead', maxRetries: 0 });
    await project.send('q', '1');
    const message = await project.receiveOne('q');
    const [, outcome] = await project.group(project.nack('q', message), project.consume('dead'));
    expect(outcome).toMatchObject({ ok: true, messages: [{ messageId: message.messageId }] });
  });
});
