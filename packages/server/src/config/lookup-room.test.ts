import { expect, it } from 'vitest';
import { lookupRoom } from './lookup-room.js';

it.each([
  [undefined, { all: 2, unknown: 1 }],
  ['4', { all: 2, unknown: 1 }],
  ['8', { all: 4, unknown: 2 }],
  ['128', { all: 64, unknown: 2 }],
  ['1', { all: 1, unknown: 1 }],
  ['x', { all: 2, unknown: 1 }],
])('a pool of %s threads allows as many lookups as Node runs', (threads, room) => {
  expect(lookupRoom(threads)).toEqual(room);
});
