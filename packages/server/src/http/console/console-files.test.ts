import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConsoleFiles } from './console-files.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-console-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('misses a file that a new build has removed, and keeps one that was read before', () => {
  mkdirSync(join(folder, 'assets'));
  for (const name of ['index.html', 'assets/a.js', 'assets/b.js']) {
    writeFileSync(join(folder, name), name);
  }
  const files = readConsoleFiles(folder);
  expect(files?.get('assets/a.js')?.bytes()?.toString()).toBe('assets/a.js');
  rmSync(join(folder, 'assets'), { recursive: true });
  expect(files?.get('assets/a.js')?.bytes()?.toString()).toBe('assets/a.js');
  expect(files?.get('assets/b.js')?.bytes()).toBeUndefined();
  expect(files?.get('assets/b.js')?.gzipped()).toBeUndefined();
});

it('knows no files if the console was not built', () => {
  expect(readConsoleFiles(folder)).toBeUndefined();
});
