import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { CAPABILITIES } from '@millrace/protocol';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from '../../core/engine/byte-budget.js';
import { ENDLESS_ACCESS } from '../../core/keys/caller.js';
import type { Refusal } from '../../core/refusal.js';
import { type Body, readBody } from './body.js';
import { bodyShapeOf } from './scan/body-shape.js';

const CHUNK_BYTES = 64 * 1024;
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Reads a body whose chunks are scanned when the test says so. */
function reading(text: string) {
  const stream = Object.assign(new PassThrough(), { headers: {}, complete: false });
  const budget = new ByteBudget(64 * 1024 * 1024);
  const turns: (() => void)[] = [];
  const results: (Body | Refusal)[] = [];
  let timeUp = (): void => undefined;
  readBody(
    stream as unknown as IncomingMessage,
    {
      maxBytes: 17 * 1024 * 1024,
      shape: bodyShapeOf(CAPABILITIES.publish),
      room: budget.open('p', 'body'),
      access: ENDLESS_ACCESS,
      checkType: () => undefined,
      scanInTurn: (scan) => turns.push(scan),
      onTimeUp: (end) => {
        timeUp = end;
      },
    },
    (result) => results.push(result),
  );
  const send = async () => {
    for (let at = 0; at < text.length; at += CHUNK_BYTES) {
      stream.write(text.slice(at, at + CHUNK_BYTES));
      await nextTurn();
    }
    stream.end();
    await nextTurn();
  };
  return { stream, budget, turns, results, send, timeUp: () => timeUp() };
}

const payload = `[${' '.repeat(300_000)}]`;
const BODY = `{"queue":"q","payload":${payload}}`;

describe('a large body', () => {
  it('is complete only when its last chunk has been scanned, also when its end comes earlier', async () => {
    const { turns, results, send } = reading(BODY);
    const sent = send();
    for (let rounds = 0; rounds < 50; rounds += 1) {
      // The end has arrived by now, and some chunk still waits.
      if (turns.length > 0 && rounds % 3 === 2) turns.shift()?.();
      await nextTurn();
    }
    await sent;
    while (turns.length > 0) {
      turns.shift()?.();
      await nextTurn();
    }
    expect(results).toHaveLength(1);
    expect((results[0] as Body).scanned?.payloads).toEqual([payload]);
  });

  it('is refused when its time to arrive is over, and its bytes are released', async () => {
    const { stream, budget, results, timeUp } = reading(BODY);
    stream.write(BODY.slice(0, CHUNK_BYTES / 2));
    await nextTurn();
    expect(budget.reservedBytes('body')).toBeGreaterThan(0);
    timeUp();
    expect(results).toMatchObject([{ code: 'OVERLOADED' }]);
    expect(budget.reservedBytes('body')).toBe(0);
  });

  it('has its bytes released when it is cut off while a chunk waits', async () => {
    const { stream, budget, turns, results } = reading(BODY);
    stream.write(BODY.slice(0, 2 * CHUNK_BYTES));
    await nextTurn();
    stream.write(BODY.slice(2 * CHUNK_BYTES, 3 * CHUNK_BYTES));
    await nextTurn();
    expect(budget.reservedBytes('body')).toBeGreaterThan(0);
    stream.destroy();
    await nextTurn();
    for (const turn of turns.splice(0)) turn();
    expect(results).toMatchObject([{ code: 'INVALID_JSON' }]);
    expect(budget.reservedBytes('body')).toBe(0);
  });
});
