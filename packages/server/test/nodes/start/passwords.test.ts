import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { STORE_FACTORIES, type StoreFixture } from '../../harness/stores.js';
import { ServerRun } from '../run-server.js';

/** Places for the database password other than a flag, which `ps` shows. */

let folder: string;
let fixture: StoreFixture;
let run: ServerRun | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-passwords-'));
  const postgres = STORE_FACTORIES.find(({ name }) => name === 'postgres');
  if (postgres === undefined) throw new Error('there is no PostgreSQL store to test');
  fixture = await postgres.create();
});
afterEach(() => run?.kill());
afterAll(async () => {
  await fixture.remove();
  await rm(folder, { recursive: true, force: true });
});

const withoutPassword = (): { url: string; password: string } => {
  const url = new URL(fixture.url);
  const { password } = url;
  url.password = '';
  return { url: url.toString(), password: decodeURIComponent(password) };
};

it("a server reads the database password from libpq's passfile", async () => {
  const { url, password } = withoutPassword();
  const passfile = join(folder, 'pgpass');
  await writeFile(passfile, `*:*:*:*:${password}\n`, { mode: 0o600 });
  run = new ServerRun(url, { PGPASSFILE: passfile });
  expect(await run.listening(), run.stderr).toBeDefined();
  expect(run.stderr).not.toContain(password);
});

it('a server reads the database password from the file of --store-file', async () => {
  const file = join(folder, 'store');
  await writeFile(file, fixture.url, { mode: 0o600 });
  run = new ServerRun('', {}, ['--store-file', file]);
  expect(await run.listening(), run.stderr).toBeDefined();
  expect(run.stderr).not.toContain(withoutPassword().password);
});

it('a server does not show a password that the database refuses', async () => {
  const url = new URL(fixture.url);
  url.password = 'not-the-password';
  run = new ServerRun(url.toString(), { PGPASSFILE: '/nowhere' });
  expect(await run.ended()).toBe(1);
  expect(run.stderr).toContain('the database cannot be used');
  expect(run.stderr).not.toContain('not-the-password');
});

it('a server says that the database asks for a password and none was given', async () => {
  run = new ServerRun(withoutPassword().url, { PGPASSFILE: '/nowhere' });
  expect(await run.ended()).toBe(1);
  expect(run.stderr).toContain('it asks for a password, and none was given. Set PGPASSWORD');
});
