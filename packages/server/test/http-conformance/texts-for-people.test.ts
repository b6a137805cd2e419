import { LIMITS } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../harness/stores.js';
import {
  dataOf,
  errorOf,
  expectNoWarnings,
  expectRefusedField,
  replayOf,
} from './expect-answer.js';
import { useServer } from './use-server.js';

const MAX = LIMITS.lastErrorMaxChars;

/** What only describes decides nothing, so its length decides nothing either. */
describe.each(STORE_FACTORIES)('a text for people that is too long, on $name', (factory) => {
  const running = useServer(factory);
  const { client } = running;

  const leased = async (count: number): Promise<{ queue: string; ids: string[] }> => {
    const queue = await client.newQueue();
    const messages = Array.from({ length: count }, () => ({ payload: 1 }));
    await client.post('publish_batch', { queue, messages });
    const taken = await client.consume(queue);
    return { queue, ids: taken.map(({ message_id }) => message_id) };
  };
  const errorsOf = async (queue: string): Promise<string[]> =>
    (await client.consume(queue, { max_messages: 100 })).map(({ last_error }) => last_error);

  test.each([
    ['of one character too many', 'x'.repeat(MAX + 1), 'x'.repeat(MAX)],
    ['of the most characters', '😀'.repeat(MAX), '😀'.repeat(MAX)],
    ['that would be cut within a pair', `${'x'.repeat(MAX - 1)}😀😀`, `${'x'.repeat(MAX - 1)}😀`],
    ['of pairs', '😀'.repeat(MAX + 5), '😀'.repeat(MAX)],
    ['with a lone surrogate', `\ud800${'x'.repeat(MAX)}`, `\ufffd${'x'.repeat(MAX - 1)}`],
    ['of 90,000 characters', 'é'.repeat(40_000), 'é'.repeat(MAX)],
  ])('the error of a nack %s', async (_what, error, kept) => {
    const { queue, ids } = await leased(1);
    const [message_id = ''] = ids;
    const answer = await client.nack(queue, message_id, { error });
    expect(dataOf(answer)).toEqual({ message_id, nacked: true, requeued: true });
    expectNoWarnings(answer);
    expect(await errorsOf(queue)).toEqual([kept]);
  });

  test.each([5_000, 60_000, 200_000, 1_000_000])(
    'the errors of a nack_batch, each of %i characters',
    async (length) => {
      const { queue, ids } = await leased(3);
      for (const character of ['x', '"', '😀'.slice(0, 2), '\n']) {
        const error = (index: number) => `${index}${character.repeat(length / character.length)}`;
        const messages = ids.map((message_id, index) => ({ message_id, error: error(index) }));
        const answer = await client.post('nack_batch', { queue, messages });
        const nacked = { nacked: true, requeued: true };
        expect(dataOf(answer).results).toEqual(
          ids.map((message_id) => ({ message_id, ...nacked })),
        );
        const expected = ids.map((_id, index) => [...error(index)].slice(0, MAX).join(''));
        expect(await errorsOf(queue)).toEqual(expected);
        // Three failures would make dead letters of them.
        await client.post('ack_batch', {
          queue,
          messages: ids.map((message_id) => ({ message_id })),
        });
        const payloads = ids.map(() => ({ payload: 1 }));
        const published = await client.post('publish_batch', { queue, messages: payloads });
        ids.splice(0, 3, ...dataOf(published).message_ids);
        await client.consume(queue);
      }
    },
  );

  test('the errors that make bodies of other sizes are the same request under a key', async () => {
    const { queue, ids } = await leased(1);
    const [message_id = ''] = ids;
    const send = (filling: number) => {
      const more = `"idempotency_key":"k","filling":"${'x'.repeat(filling)}"`;
      const entry = `{"message_id":"${message_id}","error":"${'e'.repeat(60_000)}"}`;
      return client.post('nack_batch', `{"queue":"${queue}","messages":[${entry}],${more}}`);
    };
    const first = dataOf(await send(0));
    expect(replayOf(await send(10_000))).toEqual(first);
    expect(replayOf(await send(400_000))).toEqual(first);
  });

  test('an error that is no text is refused as ever, whatever its length', async () => {
    const queue = await client.newQueue();
    for (const error of ['1'.repeat(300), `[${'"x",'.repeat(40_000)}1]`, '{"a":1}', 'true']) {
      const body = `{"queue":"${queue}","messages":[{"message_id":"m","error":${error}}]}`;
      expectRefusedField(await client.post('nack_batch', body), 'messages');
    }
  });

  test('the name of a key', async () => {
    const name = '键😀'.repeat(100);
    const made = await running.call('POST', '/v1/account/keys/create', { name });
    expect(dataOf(made).name).toBe('键😀'.repeat(64));
    const large = await running.call('POST', '/v1/account/keys/create', {
      name: 'x'.repeat(100_000),
    });
    expect(dataOf(large).name).toBe('x'.repeat(128));
  });

  test('the body is bounded all the same', async () => {
    const queue = await client.newQueue();
    const error = 'x'.repeat(130 * 1024);
    errorOf(await client.nack(queue, 'm', { error }), 'PAYLOAD_TOO_LARGE');
    const messages = [{ message_id: 'm', error: 'x'.repeat(9 * 1024 * 1024) }];
    const batch = await client.post('nack_batch', { queue, messages });
    expect(errorOf(batch, 'PAYLOAD_TOO_LARGE').hint).toMatch(/several batches/);
  });
});
