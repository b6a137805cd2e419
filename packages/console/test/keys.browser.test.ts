import { Millrace } from '@millrace/client';
import { expect, test } from 'vitest';
import { consoleInBrowser } from './harness/console.js';

const { url, millrace, open, look } = consoleInBrowser();

test('a key is created, shown once, used and revoked', async () => {
  const page = await open('/keys');
  await page.getByRole('button', { name: 'Create key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('order worker');
  await dialog.getByLabel('consume', { exact: true }).uncheck();
  await dialog.getByLabel('read', { exact: true }).check();
  await look(page, 'create-key');
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await dialog.getByText('This is the only time that the key is shown').waitFor();
  const secret = await dialog.getByLabel('Key', { exact: true }).inputValue();
  await look(page, 'key-secret');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const made = new Millrace({ baseUrl: url(), apiKey: secret });
  expect((await made.account.whoami()).scopes.sort()).toEqual(['publish', 'read']);
  expect(await page.content()).not.toContain(secret);
  await page.getByRole('row', { name: /order worker/ }).waitFor();
  await look(page, 'keys');
  await page
    .getByRole('row', { name: /order worker/ })
    .getByRole('button', { name: 'Revoke' })
    .click();
  await dialog.getByLabel('Type order worker to confirm').fill('order worker');
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('heading', { name: 'There is no key here' }).waitFor();
  await page.getByLabel('Show revoked keys').check();
  await page.getByText(/^revoked/).waitFor();
  const [key] = await millrace().account.keys.list().toArray();
  expect(key?.revokedAt).toBeDefined();
});

test('a page whose files are gone after an update of the server is loaded anew', async () => {
  const page = await open('/');
  let missing = 0;
  await page.route(/assets\/keys-page.*\.js$/, async (route) => {
    missing += 1;
    if (missing === 1) await route.fulfill({ status: 404, body: 'gone' });
    else await route.continue();
  });
  await page.getByRole('link', { name: 'Keys' }).click();
  await page.getByRole('button', { name: 'Create key' }).waitFor();
  expect(missing).toBe(2);
  expect(new URL(page.url()).pathname).toBe('/console/keys');
});
