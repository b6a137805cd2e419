import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readText } from './read-text.js';

let path: string;
beforeAll(() => {
  path = join(mkdtempSync(join(tmpdir(), 'millrace-text-')), 'file');
});
afterAll(() => rmSync(join(path, '..'), { recursive: true }));

it.each(['', 'port = 80\n', 'ä'.repeat(512 * 1024)])('readText reads a file whole', (text) => {
  writeFileSync(path, text);
  expect(readText(path)).toBe(text);
});

it('readText refuses a file that is too large, a folder and a missing file', () => {
  writeFileSync(path, 'x'.repeat(1024 * 1024 + 1));
  expect(() => readText(path)).toThrow('it is larger than 1 MiB');
  expect(() => readText(tmpdir())).toThrow('it is a folder');
  expect(() => readText('/nowhere')).toThrow('there is no such file');
  expect(() => readText(join(path, 'x'))).toThrow('a part of its path is a file, not a folder');
});

it.skipIf(process.platform === 'win32')('readText does not read an endless file for ever', () => {
  expect(() => readText('/dev/zero')).toThrow('it is larger than 1 MiB');
});
