import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.js';
import { createIdSource, firstRowIdAt, rowIdOf, rowIdTimeMs } from './ids.js';

const START_MS = Date.UTC(2026, 0, 1);

function movableClock() {
  let timeMs = START_MS;
  const clock: Clock = {
    nowMs: () => timeMs,
    wallMs: () => timeMs,
    monotonicMs: () => timeMs,
    setTimer: () => () => {},
  };
  return {
    clock,
    move: (byMs: number) => {
      timeMs += byMs;
    },
  };
}

const rowId = (id: string): number => {
  const found = rowIdOf(id);
  if (found === undefined) throw new Error(`${id} has no row id`);
  return found;
};

describe('a message id', () => {
  it('is a UUID of version 7 with the time in it', () => {
    const id = createIdSource(movableClock().clock).uuid();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(START_MS);
  });

  it('increases strictly, as text and as row id, for any number of ids in a millisecond', () => {
    const { clock, move } = movableClock();
    const ids = createIdSource(clock);
    const made: string[] = [];
    for (let count = 0; count < 20_000; count += 1) {
      made.push(ids.uuid());
      if (count % 7_000 === 0) move(1);
    }
    for (let index = 1; index < made.length; index += 1) {
      const [before, after] = [made[index - 1] as string, made[index] as string];
      if (!(before < after && rowId(before) < rowId(after))) {
        throw new Error(`${after} comes after ${before}`);
      }
    }
  });

  it('increases also when the clock goes back', () => {
    const { clock, move } = movableClock();
    const ids = createIdSource(clock);
    const before = ids.uuid();
    move(-60_000);
    expect(ids.uuid() > before).toBe(true);
  });

  it('takes its random half from the given source', () => {
    const fill = (bytes: Buffer) => bytes.fill(0xff);
    const ids = createIdSource(movableClock().clock, fill as never);
    expect(ids.uuid().slice(19)).toBe('bfff-ffffffffffff');
  });

  it('does not use random bytes twice', () => {
    const ids = createIdSource(movableClock().clock);
    const tails = Array.from({ length: 5_000 }, () => ids.uuid().slice(19));
    expect(new Set(tails).size).toBe(5_000);
  });
});

it('a token is 22 characters of base64url, and different each time', () => {
  const ids = createIdSource(movableClock().clock);
  const tokens = Array.from({ length: 1_000 }, () => ids.token());
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(new Set(tokens).size).toBe(1_000);
});

describe('the row id of a message id', () => {
  it('is a safe integer with the time in it', () => {
    const id = rowId(createIdSource(movableClock().clock).uuid());
    expect(Number.isSafeInteger(id)).toBe(true);
    expect(rowIdTimeMs(id)).toBe(START_MS);
    expect(id).toBe(firstRowIdAt(START_MS));
  });

  it.each([
    '',
    'no id',
    "1' OR 1=1",
    // Another version, capital letters, a time before the epoch of row ids, one that does not fit, and a
    // stray character.
    '019b76da-a800-4000-8000-000000000000',
    '019B76DA-A800-7000-8000-000000000000',
    '00000000-0000-7000-8000-000000000000',
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
    '019b76da-a800-7000-8000-000000000000\n',
  ])('is undefined for %j, which is no message id', (text) => {
    expect(rowIdOf(text)).toBeUndefined();
  });
});
