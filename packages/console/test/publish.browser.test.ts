import { beforeAll, expect, test } from 'vitest';
import { consoleInBrowser } from './harness/console.js';

const { url, millrace, open, look } = consoleInBrowser();

beforeAll(() => millrace().queue('orders').create());

test('a message is published by hand, with headers', async () => {
  const page = await open('/queues/orders/messages');
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Payload').fill('{"by": hand}');
  await dialog.getByText('This is no JSON').waitFor();
  await dialog.getByLabel('Payload').fill('{"by": "hand"}');
  await dialog.getByLabel('Headers').fill('tenant: initech');
  await look(page, 'publish');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByRole('link').click();
  await page.getByRole('dialog').getByText('initech').first().waitFor();
  const messageId = new URL(page.url()).searchParams.get('message') ?? '';
  const published = await millrace().queue('orders').message(messageId);
  expect(published).toMatchObject({ payload: { by: 'hand' }, headers: { tenant: 'initech' } });
});

test('a payload is published and shown with its large numbers as they are', async () => {
  const exact = millrace().queue('exact');
  await exact.create();
  const page = await open('/queues/exact/messages');
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Payload').fill('{"id": 12345678901234567890, "rate": 1.50}');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByText('You can publish another').waitFor();
  await dialog.locator('form').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: '{"id":12345678901234567890,"rate":1.50}' }).click();
  const payload = page.getByRole('dialog').getByLabel('Payload');
  await payload.getByText('12345678901234567890').waitFor();
  await payload.getByText('1.50').waitFor();
});

test('a message of a FIFO queue is published with its group, which the table shows', async () => {
  const ledger = millrace().queue('ledger');
  await ledger.create({ type: 'fifo' });
  const page = await open('/queues/ledger/messages');
  for (const payload of ['1', '2']) {
    await page.getByRole('button', { name: 'Publish' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Delay in seconds').count()).toBe(0);
    await dialog.getByLabel('Payload').fill(payload);
    await dialog.getByLabel('Message group').fill('account-7');
    await dialog.getByLabel('Deduplication id').fill(`deposit-${payload}`);
    if (payload === '1') await look(page, 'publish-fifo');
    await dialog.getByRole('button', { name: 'Publish' }).click();
    await dialog.getByText('You can publish another').waitFor();
    await page.keyboard.press('Escape');
  }
  const [first, second] = await ledger.peek().toArray();
  expect(first).toMatchObject({ messageGroupId: 'account-7', deduplicationId: 'deposit-1' });
  // Leased with the first, whose lease ends, the second counts no failure.
  const { messages } = await ledger.consume({ visibilityTimeout: 60 });
  for (const message of messages.slice(0, 1)) await ledger.nack(message, { error: 'no account' });
  const table = page.getByRole('table', { name: 'Messages' });
  await table.getByRole('cell', { name: 'account-7' }).nth(1).waitFor();
  await look(page, 'fifo-messages');
  await page.goto(`${url()}/console/queues/ledger/messages?message=${second?.messageId}`);
  await page
    .getByText(
      /^1 delivery ended without an answer, and counts as no failure.* earlier message of its message group/,
    )
    .waitFor();
  await look(page, 'fifo-message');
});

test('a priority is offered where it orders the messages', async () => {
  const urgent = millrace().queue('urgent');
  await urgent.create({ enablePriority: true });
  const page = await open('/queues/urgent/messages');
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Payload').fill('"first"');
  await dialog.getByLabel('Priority').fill('9');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByText('You can publish another').waitFor();
  expect(await urgent.peek().toArray()).toMatchObject([{ payload: 'first', priority: 9 }]);
});
