import { expect, it } from 'vitest';
import { faultOfStorePath } from './store-path.js';

it.each([
  './data/millrace.db',
  '/data/millrace.db',
  'millrace',
  '.hidden',
  'a b/c d.db',
  'C:\\data\\millrace.db',
  'what?mode=memory',
  '../millrace.db',
])('the path %j is accepted for a store', (path) => {
  expect(faultOfStorePath(path)).toBeUndefined();
});

it.each([
  ['', 'must name a file; write sqlite:PATH'],
  [' ', 'must name a file; write sqlite:PATH'],
  [':memory:', 'must name a file; ":memory:" has a special meaning in SQLite'],
  [':other:', 'must name a file; ":other:" has a special meaning'],
  ['file:x?mode=memory', 'must be a path, not a file: address'],
  ['FILE:/x', 'must be a path, not a file: address'],
  ['/data/q\0.db', 'a zero byte'],
  ['/data/q.db ', 'white space before or after'],
  ['\t/data/q.db', 'white space before or after'],
  ['~/q.db', 'must not begin with ~'],
  [
    'data/',
    'must name a file, not a folder; name a file in it, for example sqlite:data/millrace.db',
  ],
  ['/', 'must name a file, not a folder; name a file in it, for example sqlite:/millrace.db'],
  ['data/..', 'must name a file, not a folder'],
  ['.', 'must name a file, not a folder'],
  ['C:\\data\\', 'must name a file, not a folder'],
])('the path %j is refused for a store: it %s', (path, fault) => {
  expect(faultOfStorePath(path)).toContain(fault);
});
