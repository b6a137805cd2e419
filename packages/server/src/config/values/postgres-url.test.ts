import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultOfPostgresUrl, ignoredParameters } from './postgres-url.js';

const faultOf = (query: string) => faultOfPostgresUrl(`postgres://user:secret@host/db${query}`);

it.each([
  '',
  '?sslmode=verify-full',
  '?sslmode=no-verify&prepare=false',
  '?prepare=true&options=-c%20work_mem%3D64MB&application_name=a',
])('%j can be used', (query) => {
  expect(faultOf(query)).toBeUndefined();
});

it.each([
  ['?ssl_mode=verify-full', 'a parameter "ssl_mode", which is not known', 'did you mean sslmode?'],
  ['?sslmode=require&SSLROOTCERT=x', 'a parameter "SSLROOTCERT"', 'did you mean sslrootcert?'],
  ['?prepare=maybe', 'a parameter prepare', 'neither true nor false'],
  ['?prepare=', 'a parameter prepare', 'neither true nor false'],
  ['?sslmode=verify-full&sslrootcert=/nope.pem', 'sslrootcert', '/nope.pem: there is no such file'],
])('%j cannot', (query, what, why) => {
  const fault = faultOf(query);
  expect(fault).toContain(what);
  expect(fault).toContain(why);
  expect(fault).not.toContain('secret');
});

it('parameters of other programs, which providers put into their urls, are ignored and named', () => {
  const url =
    'postgres://user:secret@host/db?sslmode=require&channel_binding=require&pgbouncer=true';
  expect(faultOfPostgresUrl(url)).toBeUndefined();
  expect(ignoredParameters(url)).toEqual(['"channel_binding"', '"pgbouncer"']);
});

it('nothing is shown that may be a part of a password', () => {
  const url = 'postgres://user:12?34@host/db';
  expect(faultOfPostgresUrl(url) ?? '').not.toContain('34');
  expect(ignoredParameters(url)).toEqual(['of another form']);
});

it('a file that is there can be used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-url-'));
  try {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, 'a certificate');
    expect(faultOf(`?sslmode=verify-full&sslrootcert=${path}`)).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
