import { Millrace, Worker } from '@millrace/client';
import { expect, test } from 'vitest';

const queue = new Millrace({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k' }).queue('q');

test.each([
  [{ concurrency: 0 }, 'concurrency'],
  [{ concurrency: 1.5 }, 'concurrency'],
  [{ visibilityTimeout: 0 }, 'visibilityTimeout'],
  [{ visibilityTimeout: 43_201 }, 'visibilityTimeout'],
  [{ handlerTimeoutMs: 0 }, 'handlerTimeoutMs'],
  [{ handlerTimeoutMs: Number.NaN }, 'handlerTimeoutMs'],
  [{ waitSeconds: 21 }, 'waitSeconds'],
  [{ stopTimeoutMs: -1 }, 'stopTimeoutMs'],
])('a wrong option of a worker is named: %o', (options, name) => {
  const make = () => new Worker(queue, () => undefined, { ...options, autoStart: false });
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  expect(make).toThrow(name);
});

test.each([
  ['the name of a queue', 'q'],
  ['nothing', undefined],
  ['the whole client', new Millrace({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k' })],
])('instead of a queue, %s is refused', (_, wrong) => {
  const make = () => new Worker(wrong as unknown as typeof queue, () => undefined);
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  expect(make).toThrow('the queue must be');
});
