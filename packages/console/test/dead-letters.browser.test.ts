import { beforeEach, expect, test } from 'vitest';
import { consoleInBrowser } from './harness/console.js';

const { millrace, open, look } = consoleInBrowser();
const mails = () => millrace().queue('mails');

beforeEach(async () => {
  await mails().create();
  await mails().purge();
  await mails().dlq.purge();
  await mails().publishBatch(
    Array.from({ length: 12 }, (_, index) => ({ payload: { mail: index } })),
  );
  const { messages } = await mails().consume({ maxMessages: 12 });
  for (const [index, message] of messages.entries()) {
    const error = index % 3 === 0 ? 'SMTP 550: no such mailbox' : 'ECONNREFUSED 10.0.0.7:25';
    await mails().nack(message, { requeue: false, error });
  }
});

test('dead letters say why they failed; those that match go back', async () => {
  const page = await open('/queues/mails/dead-letters');
  const table = page.getByRole('table', { name: 'Dead letters' });
  await table.getByText('A consumer rejected it for good: SMTP 550').first().waitFor();
  await look(page, 'dead-letters');
  await page.getByLabel('Filter what was read').fill('ECONNREFUSED');
  await page.getByLabel('Where to look').selectOption('error');
  await page.getByText('8 matches in 12 dead letters read').waitFor();
  await page.getByRole('button', { name: 'Redrive 8 that match' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('8 dead letters go back to mails').waitFor();
  await look(page, 'redrive');
  await dialog.getByRole('button', { name: 'Redrive 8' }).click();
  await dialog.getByText('8 dead letters went back.').waitFor();
  expect(await mails().stats()).toMatchObject({ available: 8, dlq: 4 });
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByLabel('Filter what was read').fill('');
  await page.getByText('4 dead letters read').waitFor();
});

test('a dead letter is published again, corrected, and stays where it is', async () => {
  const page = await open('/queues/mails/dead-letters');
  // Anywhere in the row opens it, except on its box.
  await page
    .getByRole('row', { name: /mail":4/ })
    .getByText('ECONNREFUSED')
    .click();
  const drawer = page.getByRole('dialog', { name: 'Message' });
  await drawer.getByRole('button', { name: 'Publish a copy' }).click();
  const form = page.getByRole('dialog', { name: 'Publish to mails' });
  await expect.poll(() => form.getByLabel('Payload').inputValue()).toBe('{\n  "mail": 4\n}');
  await form.getByLabel('Payload').fill('{"mail": 4, "to": "ada"}');
  await look(page, 'publish-copy');
  await form.getByRole('button', { name: 'Publish' }).click();
  await form.getByText('You can publish another').waitFor();
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'hidden' });
  // Escape has closed the form and not the message below it.
  await drawer.getByText('A consumer rejected it for good').first().waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  expect(await mails().stats()).toMatchObject({ available: 1, dlq: 12 });
  expect(await mails().peek().toArray()).toMatchObject([{ payload: { mail: 4, to: 'ada' } }]);
});

test('only what is selected goes back', async () => {
  const page = await open('/queues/mails/dead-letters');
  const boxes = page.getByRole('checkbox', { name: /Select message/ });
  await boxes.nth(0).check();
  await boxes.nth(2).check();
  await page.getByRole('button', { name: 'Redrive 2 selected' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Redrive 2' }).click();
  await page.getByText('2 dead letters went back.').waitFor();
  expect(await mails().stats()).toMatchObject({ available: 2, dlq: 10 });
});

test('all go back, however many', async () => {
  await mails().dlq.redrive();
  const more = Array.from({ length: 1_000 }, (_, index) => ({ payload: index }));
  await mails().publishBatch(more);
  for (let left = 1_012; left > 0; ) {
    const { messages } = await mails().consume({ maxMessages: 500 });
    await mails().nackBatch(messages.map((message) => ({ ...message, requeue: false })));
    left -= messages.length;
  }
  const page = await open('/queues/mails/dead-letters');
  await page.getByRole('button', { name: 'Redrive all 1,012' }).click();
  await page.getByRole('button', { name: 'Redrive 1,012' }).click();
  await page.getByText('1,012 dead letters went back.').waitFor();
  expect(await mails().stats()).toMatchObject({ available: 1_012, dlq: 0 });
});

test('a redrive that was stopped says how far it came', async () => {
  const page = await open('/queues/mails/dead-letters');
  await page.getByText('12 dead letters read').waitFor();
  // Each call waits until the redrive was stopped, so that some are left.
  let go = (): void => undefined;
  const stopped = new Promise<void>((resolve) => {
    go = resolve;
  });
  await page.route('**/dlq/redrive/**', async (route) => {
    await stopped;
    await route.continue();
  });
  await page.getByLabel('Filter what was read').fill('mail');
  await page.getByRole('button', { name: 'Redrive 12 that match' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Redrive 12' }).click();
  await dialog.getByText('0 of 12').waitFor();
  await look(page, 'redrive-running');
  await dialog.getByRole('button', { name: 'Stop' }).click();
  go();
  await dialog.getByText(/^4 dead letters went back\. 8 did not/).waitFor();
  expect(await mails().stats()).toMatchObject({ available: 4, dlq: 8 });
});

test('dead letters are purged after the name of the queue was typed', async () => {
  const page = await open('/queues/mails/dead-letters');
  await page.getByRole('button', { name: 'Purge all' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('12 dead letters of mails are removed for good').waitFor();
  await dialog.getByLabel('Type mails to confirm').fill('mails');
  await dialog.getByRole('button', { name: 'Purge dead letters' }).click();
  await page.getByRole('heading', { name: 'There are no dead letters' }).waitFor();
  await page.getByText('Removed: 12 dead letters.').waitFor();
  await look(page, 'dead-letters-purged');
  expect((await mails().stats()).dlq).toBe(0);
});
