import { expect, it } from 'vitest';
import type { StoredMessage } from '#server/core/commands/commands';
import { answerBytes } from '#server/core/store/answer-size';
import { onEachStore } from '../store-session.js';

/** The size in an answer of a message with ten bytes of payload and no other text. */
const ROOM_FOR_TEN_BYTES = answerBytes(10, {
  groupId: null,
  deduplicationId: null,
  lastError: null,
  sourceQueue: null,
} as StoredMessage);

onEachStore('the bounds of an answer or command', (session) => {
  it('end an answer at its byte limit, but allow it at least one message', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '"12345678"', '"12345678"', '"12345678"');
    const upTo = async (maxBytes: number) => {
      const { messages } = await project.run(project.consume('q', { maxBytes }));
      for (const message of messages) await project.run(project.extend('q', message, 0));
      return messages.length;
    };
    expect(await upTo(1)).toBe(1);
    expect(await upTo(2 * ROOM_FOR_TEN_BYTES - 1)).toBe(1);
    expect(await upTo(2 * ROOM_FOR_TEN_BYTES)).toBe(2);
    expect(await upTo(10 * ROOM_FOR_TEN_BYTES)).toBe(3);
  });

  it('count bytes of UTF-8, not characters', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '"12345678"', '"éééé"');
    const maxBytes = 2 * ROOM_FOR_TEN_BYTES;
    expect((await project.run(project.consume('q', { maxBytes }))).messages).toHaveLength(2);
    await project.send('q', '"12345678"', '"éééé1"');
    expect((await project.run(project.consume('q', { maxBytes }))).messages).toHaveLength(1);
  });

  it('leave a message that did not fit available, in its order', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '"a long one that does not fit"', '3');
    const maxBytes = ROOM_FOR_TEN_BYTES;
    const { messages } = await project.run(project.consume('q', { maxBytes }));
    expect(messages.map(({ payload }) => payload)).toEqual(['1']);
    expect(await project.tally('q')).toEqual({ available: 2, inFlight: 1 });
    expect(await project.payloads('q', 1)).toEqual(['"a long one that does not fit"']);
  });

  it('give no more messages than the consume asks for', async () => {
    const project = session().project();
    await project.create('q');
    await project.send('q', '1', '2', '3');
    expect(await project.payloads('q', 2)).toEqual(['1', '2']);
    expect(await project.payloads('q', 1_000)).toEqual(['3']);
  });

  it('allow empty batches and a thousand messages in one command', async () => {
    const project = session().project();
    await project.create('q');
    expect(await project.send('q')).toEqual([]);
    expect((await project.run(project.ack('q', []))).results).toEqual([]);
    expect((await project.run(project.nack('q', []))).results).toEqual([]);
    const payloads = Array.from({ length: 1_000 }, (_, index) => String(index));
    expect(await project.send('q', ...payloads)).toHaveLength(1_000);
    expect(await project.payloads('q', 1_000)).toEqual(payloads);
  });

  it.each([
    ['large integers', '123456789012345678901234567890'],
    ['duplicate keys and white space', '{ "b":1,\t"a":1, "a":2 }'],
    ['escapes as they were written', String.raw`"\u0000\u00e9\/\ud800 é "`],
    ['a quote and a backslash', String.raw`"'\"\\"`],
    ['null', 'null'],
    ['a mebibyte', JSON.stringify('x'.repeat(1024 * 1024 - 2))],
    ['characters of four bytes', '"𝕏\u2028"'],
    ['deep nesting', '['.repeat(10_000) + ']'.repeat(10_000)],
  ])('leave the text of a payload unchanged: %s', async (_name, payload) => {
    const project = session().project();
    await project.create('q');
    const headers = String.raw`{"name":"\u0000é"}`;
    await project.send('q', { payload, headers });
    expect(await project.receive('q')).toMatchObject([{ payload, headers }]);
  });
});
