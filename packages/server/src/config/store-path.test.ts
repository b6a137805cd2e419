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
  ['', 'names no file; write sqlite:PATH'],
  [' ', 'names no file; write sqlite:PATH'],
  [':memory:', 'names no file but what SQLite calls ":memory:"'],
  [':other:', 'names no file but what SQLite calls'],
  ['file:x?mode=memory', 'takes a path and no file: address'],
  ['FILE:/x', 'takes a path and no file: address'],
  ['/data/q\0.db', 'a zero byte'],
  ['/data/q.db ', 'white space before or behind'],
  ['\t/data/q.db', 'white space before or behind'],
  ['~/q.db', 'a ~ that no shell has replaced'],
  ['data/', 'names a folder; name a file in it, as sqlite:data/millrace.db'],
  ['/', 'names a folder; name a file in it, as sqlite:/millrace.db'],
  ['data/..', 'names a folder'],
  ['.', 'names a folder'],
  ['C:\\data\\', 'names a folder'],
])('the path %j is refused for a store: it %s', (path, fault) => {
  expect(faultOfStorePath(path)).toContain(fault);
});
