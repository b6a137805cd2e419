import { afterEach, beforeEach, expect, test } from 'vitest';
import { PushReceiver } from '../../server/test/harness/push-receiver.js';
import { consoleInBrowser } from './harness/console.js';

const { millrace, open, look } = consoleInBrowser();
const hooks = () => millrace().queue('hooks');

let receiver: PushReceiver;
beforeEach(async () => {
  receiver = await PushReceiver.start();
  await hooks().create();
});
afterEach(async () => {
  await hooks().delete();
  await receiver.stop();
});

test('a url is subscribed, tested, paused, resumed and unsubscribed', async () => {
  const page = await open('/queues/hooks/push');
  await page.getByRole('heading', { name: 'No url is subscribed' }).waitFor();
  await page.getByRole('button', { name: 'Subscribe a url' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByPlaceholder('https://example.com/hooks').fill('http://10.0.0.1/hook');
  await dialog.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await dialog.getByText('The url was not subscribed').waitFor();
  await look(page, 'push-subscribe');
  await dialog.getByPlaceholder('https://example.com/hooks').fill(receiver.url);
  await dialog.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('Nothing pushed yet').waitFor();
  await page.getByRole('button', { name: 'Test' }).click();
  await page.getByText(/The test message was delivered: answer 200/).waitFor();
  await hooks().publishBatch([1, 2, 3].map((payload) => ({ payload })));
  await page.getByText('Delivers', { exact: true }).waitFor();
  await look(page, 'push-well');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByText(/^Paused .* with the key in MILLRACE_API_KEY, which is yours/).waitFor();
  await look(page, 'push-paused');
  expect((await hooks().pushSubscriptions().toArray())[0]?.state).toBe('paused');
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await page.getByText('Delivers', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Unsubscribe' }).click();
  await dialog.getByLabel('Type unsubscribe to confirm').fill('unsubscribe');
  await dialog.getByRole('button', { name: 'Unsubscribe' }).click();
  await page.getByRole('heading', { name: 'No url is subscribed' }).waitFor();
});

test('a receiver that fails is explained, with its attempts', async () => {
  receiver.reply = () => 503;
  await hooks().pushSubscribe(receiver.url);
  await hooks().publishBatch(Array.from({ length: 8 }, (_, payload) => ({ payload })));
  const page = await open('/queues/hooks/push');
  await page.getByText('Receiver is down').waitFor();
  await page.getByText(/The next probe is due in/).waitFor();
  await page.getByRole('table', { name: 'Last pushes' }).getByText('503').first().waitFor();
  await look(page, 'push-failing');
});

test('a key that may not read the audit log is told when, and who would know', async () => {
  const { subscriptionId } = await hooks().pushSubscribe(receiver.url);
  await hooks().pushPause(subscriptionId);
  const { key = '' } = await millrace().account.keys.create({ scopes: ['read'] });
  const page = await open('/queues/hooks/push', key);
  await page.getByText(/A key with the scope admin sees who paused it/).waitFor();
});
