import { expect, it } from 'vitest';
import { SeenMessages } from './seen-messages.js';

const at = (ms: number): string => new Date(ms).toISOString();
const message = (number: number) => ({ messageId: `m${number}`, enqueuedAt: at(number) });

it('a message is new once, also when its id is no longer remembered', () => {
  const seen = new SeenMessages(10);
  const numbers = Array.from({ length: 100 }, (_, number) => number);
  for (const number of numbers) expect(seen.add(message(number)).isNew).toBe(true);
  for (const number of numbers) expect(seen.add(message(number)).isNew).toBe(false);
  expect(seen.add(message(100)).isNew).toBe(true);
});

it('an old message that is unknown is new as long as nothing is forgotten', () => {
  const seen = new SeenMessages(10);
  seen.add(message(1_000));
  expect(seen.add(message(1)).isNew).toBe(true);
  for (let number = 0; number < 20; number += 1) seen.add(message(2_000 + number));
  expect(seen.add(message(2))).toEqual({ isUnknown: true, isNew: false });
});

it('a dead letter is as old as its death', () => {
  const seen = new SeenMessages(10);
  for (let number = 0; number < 20; number += 1) seen.add(message(2_000 + number));
  const letter = { ...message(1), deadLetteredAt: at(3_000) };
  expect(seen.add(letter).isNew).toBe(true);
  expect(seen.add(letter).isNew).toBe(false);
});
