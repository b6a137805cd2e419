import { beforeAll, expect, test } from 'vitest';
import { consoleInBrowser } from './harness/console.js';

const { url, millrace, open, look } = consoleInBrowser();
const HOSTILE = '<img src=x onerror="window.hit = 1"><script>window.hit = 1</script>';

beforeAll(async () => {
  const orders = millrace().queue('orders');
  await orders.create({ maxRetries: 2 });
  await orders.publish({ order_id: 'o_1', note: HOSTILE }, { headers: { tenant: 'acme' } });
  await orders.publish({ order_id: 'o_2', total: 12.5 }, { headers: { tenant: 'globex' } });
  await orders.publish({ order_id: 'o_3' }, { delaySeconds: 3_600 });
  const { messages } = await orders.consume({ maxMessages: 1 });
  const [message] = messages;
  if (message !== undefined) await orders.nack(message, { error: 'Error: no such customer' });
});

test('the activity of the last hour and the last day is drawn, and told in words', async () => {
  const page = await open('/queues/orders');
  await page.getByText('Messages per minute').waitFor();
  await page
    .getByText(/In the last hour: 3 messages published, 0 acked, 1 failed delivery/)
    .waitFor();
  await look(page, 'queue-activity');
  await page.getByText('Last day').click();
  await page.getByText(/In the last day/).waitFor();
  expect(page.url()).toBe(`${url()}/console/queues/orders/activity?span=day`);
});

test('messages are looked at without being taken, each with why it is not delivered', async () => {
  const page = await open('/queues/orders/messages');
  const table = page.getByRole('table', { name: 'Messages' });
  await table.getByText(/^It was published with a delay, and is due in 5\d m/).waitFor();
  await look(page, 'queue-messages');
  await page.getByLabel('Filter what was read').fill('tenant: acme');
  await page.getByText('1 match in 3 messages read').waitFor();
  await table.getByRole('button', { name: /o_1/ }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('Error: no such customer').waitFor();
  await drawer.getByText('The consumer nacked it').waitFor();
  // The payload is text, whatever it contains.
  await drawer.getByText(HOSTILE.slice(0, 12)).first().waitFor();
  expect(await page.evaluate(() => 'hit' in window)).toBe(false);
  await look(page, 'message');
  const address = page.url();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.goto(address);
  await drawer.getByText('Error: no such customer').waitFor();
});

test('a message is found by its id, and an unknown id is explained', async () => {
  const { messageId } = await millrace().queue('orders').publish({ wanted: true });
  const page = await open('/queues/orders/messages?state=delayed');
  await page.getByLabel('Message id').fill(messageId);
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('dialog').getByText(messageId).waitFor();
  await page.keyboard.press('Escape');
  await page.getByLabel('Message id').fill('no-such-message');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'The queue has no such message' }).waitFor();
});

test('settings are changed, and a refusal names the field', async () => {
  const page = await open('/queues/orders/settings');
  await page.getByLabel('Retention in days').fill('14');
  await page.getByLabel('Dead-letter queue').fill('not-there');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The settings were not changed').waitFor();
  await page.getByLabel('Dead-letter queue').fill('');
  await look(page, 'queue-settings');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.', { exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Discard' }).count()).toBe(0);
  expect(await millrace().queue('orders').get()).toMatchObject({
    messageRetentionDays: 14,
    maxRetries: 2,
  });
});

test('a change of retries says beforehand what it does to expired leases', async () => {
  const leases = millrace().queue('leases');
  await leases.create();
  const page = await open('/queues/leases/settings');
  await page.getByLabel('Retries').fill('5');
  await page.getByText('saving makes it 5 instead of 1,000').waitFor();
  await look(page, 'settings-leases');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Expired leases followed the retries: 5 now, 1,000 before.').waitFor();
  expect(await leases.get()).toMatchObject({ maxRetries: 5, maxExpiredLeases: 5 });
  await page.getByLabel('Retries').fill('7');
  await page.getByLabel('Keep 5, also when the retries change later').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.', { exact: true }).waitFor();
  expect(await leases.get()).toMatchObject({ maxRetries: 7, maxExpiredLeases: 5 });
});

test('a message that is acked after it was listed is said to be gone, not unknown', async () => {
  const brief = millrace().queue('brief');
  await brief.create();
  await brief.publish({ brief: true });
  const page = await open('/queues/brief/messages');
  const row = page.getByRole('button', { name: /"brief":true/ });
  await row.waitFor();
  await page.getByRole('button', { name: 'Pause live updates' }).click();
  for (const message of (await brief.consume()).messages) await brief.ack(message);
  await row.click();
  await page.getByRole('heading', { name: 'The message is no longer in the queue' }).waitFor();
  await look(page, 'message-gone');
});

test('a purge and a delete need the name of the queue', async () => {
  const doomed = millrace().queue('doomed');
  await doomed.create();
  await doomed.publish(1);
  const page = await open('/queues/doomed/settings');
  await page.getByRole('button', { name: 'Purge' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 message of doomed is removed for good').waitFor();
  expect(await dialog.getByRole('button', { name: 'Purge' }).isDisabled()).toBe(true);
  await look(page, 'purge');
  await dialog.getByLabel('Type doomed to confirm').fill('doomed');
  await dialog.getByRole('button', { name: 'Purge' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('Removed: 1 message.').waitFor();
  await look(page, 'purged');
  expect((await doomed.stats()).available).toBe(0);
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByLabel('Type doomed to confirm').fill('doomed');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Queues' }).waitFor();
  const names = (await millrace().queues.list().toArray()).map(({ queue }) => queue);
  expect(names).not.toContain('doomed');
});
