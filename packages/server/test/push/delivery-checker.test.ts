import { describe, expect, it } from 'vitest';
import { brokenPromises, type PushRun, type Received, repetitions } from './delivery-checker.js';

const ok = (id: string): Received => ({ id, status: 200 });
const refused = (id: string): Received => ({ id, status: 500 });
const cut = (id: string): Received => ({ id, status: null });
const published = ['a1', 'b1', 'a2', 'a3', 'b2'].map((id) => ({ id, group: id[0] as string }));

const run = (received: Received[], more: Partial<PushRun> = {}): PushRun => ({
  published,
  received,
  deadLetters: [],
  maxRetries: 1,
  isFifo: true,
  ...more,
});
const all = [ok('a1'), ok('b1'), ok('a2'), ok('b2'), ok('a3')];
const dead = (nacks: number) => ({ deadLetters: [{ id: 'a2', nacks }] });

describe('the checker of deliveries', () => {
  it.each([
    ['one success each', run(all)],
    [
      'a refusal in between',
      run([ok('a1'), refused('a2'), ok('b1'), ok('a2'), ok('a3'), ok('b2')]),
    ],
    ['a lost answer', run([cut('a1'), ok('a1'), ...all.slice(1)])],
    ['a repetition before the next message of its message group', run([ok('a1'), ...all])],
    [
      'a dead letter after its retries',
      run([ok('a1'), refused('a2'), refused('a2'), ok('a3'), ok('b1'), ok('b2')], dead(2)),
    ],
    ['any order in a standard queue', run([...all].reverse(), { isFifo: false })],
  ])('finds nothing wrong with %s', (_what, given) => {
    expect(brokenPromises(given)).toEqual([]);
  });

  it.each([
    ['a message that was not received as lost', run(all.slice(0, -1)), 'a3 is lost'],
    [
      'a message that was only refused as lost',
      run([...all.slice(0, -1), refused('a3')]),
      'a3 is lost',
    ],
    [
      'a message that was pushed beyond its retries',
      run([refused('a1'), refused('a1'), ...all]),
      'a1 was refused 2 times',
    ],
    [
      'a dead letter before its retries are used up',
      run([ok('a1'), refused('a2'), ...all.slice(3), ok('b1')], dead(1)),
      'a2 is dead after 1',
    ],
    [
      'a dead letter after too many retries',
      run([ok('a1'), refused('a2'), ...all.slice(3), ok('b1')], dead(3)),
      'a2 is dead after 3',
    ],
    ['a message that was never published', run([...all, ok('c1')]), 'c1 was never published'],
    [
      'a message that is a dead letter twice',
      run(all, { deadLetters: [...dead(2).deadLetters, ...dead(2).deadLetters] }),
      'twice',
    ],
    [
      'two messages in the wrong order',
      run([ok('a2'), ok('a1'), ok('a3'), ok('b1'), ok('b2')]),
      'a: message 1 arrived before 0 was finished',
    ],
    [
      'a message that overtakes a refused one',
      run([refused('a1'), ok('a2'), ok('a1'), ok('a3'), ok('b1'), ok('b2')]),
      'a: message 1 arrived',
    ],
    [
      'a message that overtakes one whose answer was lost',
      run([cut('a1'), ok('a2'), ok('a1'), ok('a3'), ok('b1'), ok('b2')]),
      'a: message 1 arrived',
    ],
    [
      'a repetition that comes too late',
      run([...all, ok('a1')]),
      'a: message 0 arrived before 2 was finished',
    ],
  ])('reports %s', (_what, given, sentence) => {
    expect(brokenPromises(given).join('\n')).toContain(sentence);
  });

  it('counts the repetitions of each message', () => {
    expect([...repetitions([...all, ok('a1'), cut('a1')])]).toEqual([['a1', 2]]);
  });
});
