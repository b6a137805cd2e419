import { LIMITS } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { STORE_FACTORIES } from '../../harness/stores.js';
import { useServer } from '../use-server.js';
import {
  dataOf,
  errorOf,
  expectNoWarnings,
  expectRefusedField,
  replayOf,
} from './expect-answer.js';

const MAX = LIMITS.lastErrorMaxChars;

/** A descriptive text has no effect on a call, so one that is too long is cut instead of refused. */
describe.each(STORE_FACTORIES)('descriptive texts that are too long on $name', (factory) => {
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
    ['of the maximum length', '😀'.repeat(MAX), '😀'.repeat(MAX)],
    [
      'that would be cut within a surrogate pair',
      `${'x'.repeat(MAX - 1)}😀😀`,
      `${'x'.repeat(MAX - 1)}😀`,
    ],
    ['of surrogate pairs', '😀'.repeat(MAX + 5), '😀'.repeat(MAX)],
    ['with a lone surrogate', `\ud800${'x'.repeat(MAX)}`, `\ufffd${'x'.repeat(MAX - 1)}`],
    ['of 90,000 characters', 'é'.repeat(40_000), 'é'.repeat(MAX)],
  ])(
    'are cut to the maximum length in the error of a nack: a text %s',
    async (_what, error, kept) => {
      const { queue, ids } = await leased(1);
      const [message_id = ''] = ids;
      const answer = await client.nack(queue, message_id, { error });
      expect(dataOf(answer)).toEqual({ message_id, nacked: true, requeued: true });
      expectNoWarnings(answer);
      expect(await errorsOf(queue)).toEqual([kept]);
    },
  );

  test.each([5_000, 60_000, 200_000, 1_000_000])(
    'are cut to the maximum length in the errors of a nack_batch of %i characters each',
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
        // Acks them, because more failures would make them dead letters.
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

  test('make the same request under an idempotency key in bodies of different sizes', async () => {
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

  test('do not include errors that are not text, which are refused at any length', async () => {
    const queue = await client.newQueue();
    for (const error of ['1'.repeat(300), `[${'"x",'.repeat(40_000)}1]`, '{"a":1}', 'true']) {
      const body = `{"queue":"${queue}","messages":[{"message_id":"m","error":${error}}]}`;
      expectRefusedField(await client.post('nack_batch', body), 'messages');
    }
  });

  test('are cut to the maximum length in the name of a key', async () => {
    const name = '键😀'.repeat(100);
    const made = await running.call('POST', '/v1/account/keys/create', { name });
    expect(dataOf(made).name).toBe('键😀'.repeat(64));
    const large = await running.call('POST', '/v1/account/keys/create', {
      name: 'x'.repeat(100_000),
    });
    expect(dataOf(large).name).toBe('x'.repeat(128));
  });

  test('are refused if the body exceeds its limit', async () => {
    const queue = await client.newQueue();
    const error = 'x'.repeat(130 * 1024);
    errorOf(await client.nack(queue, 'm', { error }), 'PAYLOAD_TOO_LARGE');
    const messages = [{ message_id: 'm', error: 'x'.repeat(9 * 1024 * 1024) }];
    const batch = await client.post('nack_batch', { queue, messages });
    expect(errorOf(batch, 'PAYLOAD_TOO_LARGE').hint).toMatch(/several batches/);
  });
});
