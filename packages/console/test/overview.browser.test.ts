import { describe, expect, test } from 'vitest';
import { consoleInBrowser } from './harness/console.js';

const { url, millrace, open, look } = consoleInBrowser();

test('a project without queues is told how to begin', async () => {
  const page = await open();
  await page.getByRole('heading', { name: 'There is no queue yet' }).waitFor();
  await look(page, 'overview-empty');
  await page.getByRole('button', { name: 'Create queue' }).click();
  await page.getByLabel('Name').fill('orders with a space');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('a queue name must be 1 to 128 of').waitFor();
  await page.getByLabel('Name').fill('orders');
  await look(page, 'create-queue');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'orders' }).waitFor();
  expect(page.url()).toBe(`${url()}/console/queues/orders/activity`);
  expect((await millrace().queue('orders').get()).type).toBe('standard');
});

describe('with queues', () => {
  test('the queues that are in trouble come first, with what to do', async () => {
    for (const name of ['mails', 'invoices', 'ledger', 'webhooks-out']) {
      await millrace().queue(name).create();
    }
    const mails = millrace().queue('mails');
    await mails.publishBatch([1, 2, 3].map((payload) => ({ payload })));
    const { messages } = await mails.consume({ maxMessages: 2 });
    for (const message of messages) await mails.nack(message, { requeue: false });
    const page = await open();
    const rows = page.getByRole('table', { name: 'Queues' }).getByRole('row');
    await rows.nth(1).getByText('mails').waitFor();
    await page.getByText('2 dead letters wait for somebody to decide.').waitFor();
    const counts = await rows.nth(1).getByRole('cell').allInnerTexts();
    expect(counts.slice(2, 6)).toEqual(['1', '0', '0', '2']);
    expect(counts[10]).toMatch(/ago$|^now$/);
    await look(page, 'overview');
  });

  test('all queues in trouble are a click away, each with what to do', async () => {
    const names = ['lost-1', 'lost-2', 'lost-3', 'lost-4', 'lost-5'];
    for (const name of names) {
      await millrace().queue(name).create();
      await millrace().queue(name).publish(1);
      const { messages } = await millrace().queue(name).consume();
      for (const message of messages) {
        await millrace().queue(name).nack(message, { requeue: false });
      }
    }
    const page = await open();
    const panel = page.getByRole('region', { name: 'Needs attention' });
    await panel.getByText('4 of 6 queues').waitFor();
    await panel.getByRole('button', { name: 'Show all 6 queues in trouble' }).click();
    for (const name of names) await panel.getByRole('link', { name }).waitFor();
    await look(page, 'overview-trouble');
    await panel.getByRole('button', { name: 'Show fewer' }).click();
    await panel.getByText('4 of 6 queues').waitFor();
    expect(await page.title()).toBe('Queues · millrace');
    for (const name of names) await millrace().queue(name).delete();
  });

  test('what happens is seen without a reload, unless updates are paused', async () => {
    const page = await open('?q=invoices');
    const row = page.getByRole('row', { name: /invoices/ });
    await row.waitFor();
    await millrace().queue('invoices').publish(1);
    await row.getByRole('cell', { name: '1', exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Pause live updates' }).click();
    await page.getByRole('button', { name: 'Resume live updates' }).waitFor();
    let asked = 0;
    page.on('request', () => {
      asked += 1;
    });
    await page.waitForTimeout(6_000);
    expect(asked).toBe(0);
    const listed = page.waitForRequest(/queue\/list/);
    await page.getByRole('button', { name: 'Resume live updates' }).click();
    await listed;
  });

  test('search and order are in the address, and the address brings them back', async () => {
    const page = await open();
    await page.getByLabel('Search queues by name').fill('in vo');
    await page.getByRole('button', { name: 'Queue', exact: true }).click();
    await expect.poll(() => new URL(page.url()).search).toBe('?q=in+vo&sort=queue');
    await page.reload();
    await page.getByText('1 shown').waitFor();
    await page.getByLabel('Search queues by name').fill('nothing like that');
    await page.getByRole('heading', { name: 'No queue matches' }).waitFor();
  });

  test('of many queues only the visible rows are in the page', async () => {
    const names = Array.from({ length: 2_500 }, (_, index) => `bulk-${1_000 + index}`);
    while (names.length > 0) {
      await Promise.all(names.splice(0, 100).map((name) => millrace().queue(name).create()));
    }
    const page = await open('?sort=queue');
    await page.getByText(/^2,505$/).waitFor();
    const rows = page.getByRole('table', { name: 'Queues' }).getByRole('row');
    expect(await rows.count()).toBeLessThan(100);
    await page.keyboard.press('End');
    await page.getByRole('link', { name: 'webhooks-out' }).waitFor();
    await page.keyboard.press('Home');
    await page.getByRole('link', { name: 'bulk-1000' }).waitFor();
    await look(page, 'overview-many');
  });
});

test('an address that leads nowhere says so', async () => {
  const page = await open('/nowhere');
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  await page.goto(`${url()}/console/queues/nobody-made-it`);
  await page.getByRole('heading', { name: 'There is no queue nobody-made-it' }).waitFor();
});
