import { expect, it } from 'vitest';
import { onEachStore } from '../store-session.js';

onEachStore('a failed delivery', (session) => {
  it.each([0, 1, 3])('makes a dead letter of a message after 1 + %i nacks', async (maxRetries) => {
    const project = session().project();
    await project.create('q', { maxRetries });
    await project.send('q', '1');
    for (let failure = 1; failure <= maxRetries + 1; failure += 1) {
      const message = await project.receiveOne('q');
      expect(message.deliveryCount).toBe(failure);
      const { results } = await project.run(project.nack('q', message));
      const requeued = failure <= maxRetries;
      const { messageId } = message;
      expect(results).toEqual([{ ok: true, messageId, nacked: true, requeued }]);
    }
    expect(await project.tally('q')).toEqual({ dlq: 1 });
  });

  it('counts no failure where the entry says so, and keeps the delay and the error', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    await project.send('q', '1');
    for (let delivery = 1; delivery <= 3; delivery += 1) {
      const command = project.nack('q', await project.receiveOne('q'), {
        delayMs: 1_000,
        error: 'busy',
      });
      const entries = command.entries.map((entry) => ({ ...entry, withoutFailure: true }));
      const { results } = await project.run({ ...command, entries });
      expect(results).toMatchObject([{ nacked: true, requeued: true }]);
      session().clock.advance(999);
      expect(await project.tally('q')).toEqual({ delayed: 1 });
      session().clock.advance(1);
    }
    expect(await project.receiveOne('q')).toMatchObject({ deliveryCount: 4, lastError: 'busy' });
  });

  it('leaves a dead letter the last error that was given, when the last failure gave none', async () => {
    const project = session().project();
    await project.create('dead');
    await project.create('q', { maxRetries: 1, deadLetterQueue: 'dead' });
    await project.send('q', '1');
    await project.run(project.nack('q', await project.receiveOne('q'), { error: 'first' }));
    await project.run(project.nack('q', await project.receiveOne('q')));
    expect(await project.receiveOne('dead')).toMatchObject({ lastError: 'first' });
  });

  it('is not counted for a message that is released', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 0 });
    await project.send('q', '1');
    for (let delivery = 1; delivery <= 5; delivery += 1) {
      const message = await project.receiveOne('q');
      expect(message.deliveryCount).toBe(delivery);
      await project.run(project.extend('q', message, 0));
    }
    expect(await project.tally('q')).toEqual({ available: 1 });
  });

  it('makes a dead letter at once when the nack has requeue off', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1_000 });
    await project.send('q', '1');
    const message = await project.receiveOne('q');
    const { results } = await project.run(project.nack('q', message, { requeue: false }));
    const { messageId } = message;
    expect(results).toEqual([{ ok: true, messageId, nacked: true, requeued: false }]);
    expect(await project.tally('q')).toEqual({ dlq: 1 });
  });

  it('leaves a message the last error that a nack gave', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const first = await project.receiveOne('q');
    expect(first.lastError).toBeNull();
    await project.run(project.nack('q', first, { error: 'no "disk"\n\u0000é' }));
    const second = await project.receiveOne('q', 1_000);
    expect(second.lastError).toBe('no "disk"\n\u0000é');
    await project.run(project.nack('q', second));
    expect((await project.receiveOne('q')).lastError).toBe('no "disk"\n\u0000é');
  });

  it('is noticed by the next commit group after its lease ran out', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1');
    const { messageId } = await project.receiveOne('q', 1_000);
    session().clock.advance(999);
    expect(await project.payloads('q')).toEqual([]);
    session().clock.advance(1);
    const again = await project.receiveOne('q');
    expect(again).toMatchObject({ messageId, deliveryCount: 2 });
  });

  it('is counted once for a message that a batch names twice', async () => {
    const project = session().project();
    await project.create('q', { maxRetries: 1 });
    await project.send('q', '1');
    const message = await project.receiveOne('q');
    const { messageId } = message;
    const { results } = await project.run(project.nack('q', [message, message]));
    expect(results).toEqual([
      { ok: true, messageId, nacked: true, requeued: true },
      { ok: true, messageId, nacked: false, requeued: false },
    ]);
    expect(await project.tally('q')).toEqual({ available: 1 });
  });
});
