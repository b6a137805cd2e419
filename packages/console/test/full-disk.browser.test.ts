import { expect, test } from 'vitest';
import { consoleInBrowser } from './harness/console.js';

/** More than any disk has. */
const { url, millrace, open, look } = consoleInBrowser(['--min-free-bytes', '1000000000000000']);

test('a full disk is noticed on every page, and stops publishing with the reason', async () => {
  await millrace().queue('orders').create({ idempotencyKey: false });
  const page = await open('/queues/orders/messages');
  const notice = page.getByRole('alert').filter({ hasText: 'Publishing has stopped' });
  await notice.getByText('Consuming and settling continue').waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Payload').fill('1');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByText('It was not published').waitFor();
  await look(page, 'full-disk');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Queues', exact: true }).first().click();
  await notice.waitFor();
  await page.goto(`${url()}/console/queues/orders/settings`);
  await page.getByRole('button', { name: 'Purge' }).click();
  await dialog.getByLabel('Type orders to confirm').fill('orders');
  await dialog.getByRole('button', { name: 'Purge' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect((await millrace().queue('orders').stats()).available).toBe(0);
});
