import { describe, expect, it } from 'vitest';
import { createIdSource } from '#server/core/ids';
import { FakeClock } from '../../harness/fake-clock.js';
import { CommandBuilder } from '../../store-conformance/command-builder.js';
import { on, useTwoStores } from '../two-stores.js';

/** A node must not act on what it knew of a queue before another node changed that queue. */
describe('a queue that another node has changed', () => {
  const make = new CommandBuilder('p', createIdSource(new FakeClock()));
  const stores = useTwoStores();
  let made = 0;

  const payloads = async (queue: string): Promise<string[]> => {
    const outcome = await on(stores.other, make.consume(queue));
    return outcome.ok ? outcome.messages.map(({ payload }) => payload) : [];
  };
  /** A queue that the first node has cached, because it has published to it. */
  const knownQueue = async (): Promise<string> => {
    made += 1;
    const queue = `queue-${made}`;
    await on(stores.one, make.createQueue(queue));
    await on(stores.one, make.publish(queue, ['"before"']));
    await on(stores.one, make.publish(queue, ['"before"']));
    return queue;
  };

  it('is not found after the other node deleted it', async () => {
    const queue = await knownQueue();
    await on(stores.other, make.deleteQueue(queue));
    expect(await on(stores.one, make.publish(queue, ['1']))).toMatchObject({
      ok: false,
      code: 'QUEUE_NOT_FOUND',
    });
  });

  it('accepts publishes and contains only the new messages after it was deleted and created again', async () => {
    const queue = await knownQueue();
    await on(stores.other, make.deleteQueue(queue));
    await on(stores.other, make.createQueue(queue));
    expect(await on(stores.one, make.publish(queue, ['1']))).toMatchObject({ ok: true });
    expect(await payloads(queue)).toEqual(['1']);
  });

  it('has only messages published after the purge', async () => {
    const queue = await knownQueue();
    await on(stores.other, make.purgeQueue(queue));
    expect(await on(stores.one, make.publish(queue, ['1']))).toMatchObject({ ok: true });
    expect(await payloads(queue)).toEqual(['1']);
  });

  it('delivers by priority as soon as priorities are switched on', async () => {
    const queue = await knownQueue();
    await on(stores.other, make.updateQueue(queue, { enablePriority: true }));
    await on(stores.one, make.publish(queue, [{ payload: '9', priority: 9 }]));
    expect(await payloads(queue)).toEqual(['9', '"before"', '"before"']);
  });

  it('uses the new retry limit for a message leased before the change', async () => {
    const queue = await knownQueue();
    const first = await on(stores.one, make.consume(queue, { maxMessages: 1 }));
    const [message] = first.ok ? first.messages : [];
    await on(stores.other, make.updateQueue(queue, { maxRetries: 0 }));
    const given = { messageId: message?.messageId ?? '', receipt: message?.receipt ?? '' };
    expect(await on(stores.one, make.nack(queue, [given]))).toMatchObject({ ok: true });
    expect(await payloads(queue)).toEqual(['"before"']);
  });

  it('sends failures to its new dead-letter queue, and heeds a purge of that queue', async () => {
    const queue = await knownQueue();
    const dead = `${queue}-dead`;
    await on(stores.other, make.createQueue(dead));
    await on(stores.other, make.updateQueue(queue, { deadLetterQueue: dead, maxRetries: 0 }));
    for (const purged of [true, false]) {
      const leased = await on(stores.one, make.consume(queue, { maxMessages: 1 }));
      const [message] = leased.ok ? leased.messages : [];
      const given = { messageId: message?.messageId ?? '', receipt: message?.receipt ?? '' };
      if (!purged) await on(stores.other, make.purgeQueue(dead));
      expect(await on(stores.one, make.nack(queue, [given]))).toMatchObject({ ok: true });
    }
    // The purge removed the first message; the second one came after it.
    expect(await payloads(dead)).toEqual(['"before"']);
  });

  it('does not make other commands of the commit group fail', async () => {
    const [gone, kept] = [await knownQueue(), await knownQueue()];
    await on(stores.other, make.deleteQueue(gone));
    const outcomes = await stores.one.apply([make.publish(gone, ['1']), make.publish(kept, ['2'])]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
    expect(await payloads(kept)).toEqual(['"before"', '"before"', '2']);
  });

  it('keeps every accepted message when it is deleted and created again during publishes', async () => {
    const queue = await knownQueue();
    let accepted: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      const publishing = Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          on(stores.one, make.publish(queue, [`"${round}-${n}"`])),
        ),
      );
      await on(stores.other, make.deleteQueue(queue));
      await on(stores.other, make.createQueue(queue));
      await publishing;
      accepted = [];
      for (let n = 0; n < 4; n += 1) {
        const payload = `"${round}+${n}"`;
        if ((await on(stores.one, make.publish(queue, [payload]))).ok) accepted.push(payload);
      }
      expect(accepted).toHaveLength(4);
      const held = await on(stores.other, make.consume(queue, { maxMessages: 100 }));
      const given = held.ok ? held.messages.map(({ payload }) => payload) : [];
      expect(given).toEqual(expect.arrayContaining(accepted));
      expect(given.every((payload) => payload.startsWith(`"${round}`))).toBe(true);
    }
  });
});
