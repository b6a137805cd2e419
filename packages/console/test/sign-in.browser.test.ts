import { expect, test } from 'vitest';
import { ADMIN_KEY } from '../../server/test/harness/http-server.js';
import { consoleInBrowser } from './harness/console.js';

const { url, millrace, open, look } = consoleInBrowser();

test('a key and Enter sign in, and the key is in no address and not kept', async () => {
  const page = await open('', null);
  await page.getByRole('heading', { name: 'Sign in to millrace' }).waitFor();
  await look(page, 'sign-in');
  await page.keyboard.type(ADMIN_KEY);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Queues' }).waitFor();
  expect(page.url()).toBe(`${url()}/console`);
  const kept = await page.evaluate(() => [document.cookie, JSON.stringify(localStorage)].join());
  expect(kept).not.toContain(ADMIN_KEY);
  // The tab remembers the key.
  await page.reload();
  await page.getByRole('heading', { name: 'Queues' }).waitFor();
  await page.getByRole('button', { name: /account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('API key', { exact: true }).waitFor();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test('a wrong key is told why, and the field keeps it', async () => {
  const page = await open('', null);
  await page.getByLabel('API key', { exact: true }).fill('ifr_nobody_has_this_key');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The API key is missing, malformed, unknown, expired or revoked').waitFor();
  await look(page, 'sign-in-refused');
});

test('a key that may see nothing is told which scope it lacks', async () => {
  const { key = '' } = await millrace().account.keys.create({ scopes: ['publish', 'consume'] });
  const page = await open('', key);
  await page.getByRole('heading', { name: 'This key may not look at queues' }).waitFor();
  await page.getByText('publish, consume').waitFor();
  await look(page, 'too-few-scopes');
});

test('what a key may not do is not offered', async () => {
  const { key = '' } = await millrace().account.keys.create({ scopes: ['read'] });
  await millrace().queue('looked-at').create();
  const page = await open('', key);
  await page.getByRole('link', { name: 'looked-at' }).click();
  await page.getByRole('heading', { name: 'looked-at' }).waitFor();
  const tabs = page.getByRole('navigation', { name: 'Views of the queue' });
  await tabs.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('it would need the scope manage').waitFor();
  const offered = await page.getByRole('button').allInnerTexts();
  for (const action of ['Publish', 'Save', 'Purge', 'Delete', 'Create queue']) {
    expect(offered).not.toContain(action);
  }
  expect(await page.getByRole('link', { name: 'Keys' }).count()).toBe(0);
  await look(page, 'settings-read-only');
});

test('a key that is revoked while somebody looks leads back to the sign-in, with the reason', async () => {
  const { keyId, key = '' } = await millrace().account.keys.create({ scopes: ['read'] });
  const page = await open('', key);
  await page.getByRole('heading', { name: 'Queues' }).waitFor();
  await millrace().account.keys.revoke(keyId);
  await page.getByText('The key was revoked or has expired').waitFor();
});
