import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { faultOfNativeModule } from './native-module.js';

/** The error that a function throws. */
function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test('a compiled module that is not there says how to have it installed', () => {
  const bindings = createRequire(createRequire(import.meta.url).resolve('better-sqlite3'))(
    'bindings',
  ) as (name: string) => unknown;
  const error = errorOf(() => bindings('no_such_module.node'));
  expect(faultOfNativeModule(error)).toContain('install script of better-sqlite3');
});

test('a compiled module of another system says how to compile it again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-native-'));
  const nativeBinding = join(folder, 'other.node');
  writeFileSync(nativeBinding, 'not for this system');
  const error = errorOf(() => new Database(':memory:', { nativeBinding }));
  rmSync(folder, { recursive: true });
  expect(faultOfNativeModule(error)).toContain('npm rebuild better-sqlite3');
});

test('other errors are left to others', () => {
  expect(faultOfNativeModule(errorOf(() => new Database('/no/such/folder/a.db')))).toBeUndefined();
});
