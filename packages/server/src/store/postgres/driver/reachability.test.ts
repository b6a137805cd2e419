import { expect, it } from 'vitest';
import { keepLines } from '../../../../test/harness/log-lines.js';
import { Reachability } from './reachability.js';

function watched() {
  let nowMs = 1_000_000;
  const { log, lines } = keepLines();
  const store = new Reachability('the store', log, () => nowMs);
  const told = () => lines.map(({ message, fields }) => ({ message, ...fields }));
  const wait = (durationMs: number) => {
    nowMs += durationMs;
  };
  return { store, told, wait };
}

it('a loss of the store is logged once with its first cause, and its end once, for any number of failed calls', () => {
  const { store, told, wait } = watched();
  store.answered();
  store.failed(new Error('terminating connection'));
  for (let n = 0; n < 500; n += 1) {
    wait(40);
    store.failed(new Error('connect ECONNREFUSED'));
  }
  store.answered();
  store.answered();
  expect(told()).toEqual([
    { message: 'the store was lost', cause: 'terminating connection' },
    { message: 'the store is back', away_ms: 20_000, failures: 501 },
  ]);
});

it('a connection that breaks repeatedly is logged at most every ten seconds', () => {
  const { store, told, wait } = watched();
  for (let n = 0; n < 100; n += 1) {
    store.failed(new Error('reset'));
    wait(50);
    store.answered();
    wait(50);
  }
  expect(told()).toHaveLength(2);
});

it('a loss soon after another one is logged if it lasts', () => {
  const { store, told, wait } = watched();
  store.failed(new Error('reset'));
  store.answered();
  wait(1_000);
  store.failed(new Error('gone'));
  wait(9_000);
  store.failed(new Error('still gone'));
  wait(1_000);
  store.answered();
  expect(told().slice(2)).toEqual([
    { message: 'the store was lost', cause: 'still gone' },
    { message: 'the store is back', away_ms: 10_000, failures: 2 },
  ]);
});
