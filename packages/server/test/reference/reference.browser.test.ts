import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../harness/http-server.js';
import { PHONE, referenceInBrowser, takePicture } from './reference-in-browser.js';

const reference = referenceInBrowser();

const sectionOf = (page: Page, title: string) =>
  page.locator('section').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

/** Opens the form of a call, and sends it as it stands. */
async function sendFrom(page: Page, path: string): Promise<void> {
  await page
    .getByRole('button')
    .filter({ hasText: `(post ${path})` })
    .click();
  await page.getByRole('button', { name: /^Send post request/ }).click();
}

describe('the reference in a browser', () => {
  test('has the concepts, the calls and the webhook in its contents', async () => {
    const page = await reference.open('');
    const contents = page.getByRole('complementary');
    for (const name of ['The life of a message', 'Signatures', 'Deliveries', 'Pushes']) {
      await contents.getByText(name, { exact: true }).waitFor();
    }
    await page.getByText(`MILLRACE_URL=${reference.server().url}`).waitFor();
  });

  test('opens a call by its address, with its rules, its fields and its samples', async () => {
    const page = await reference.open('#tag/messages/queue.publish');
    const section = sectionOf(page, 'Publish a message').last();
    await section.getByText('Stores one message').waitFor();
    await section.getByText('delay_seconds', { exact: true }).waitFor();
    await section.getByText('curl -sS').waitFor();
    await section.getByRole('button', { name: /curl/ }).first().click();
    for (const language of ['TypeScript', 'Python', 'CLI']) {
      await page.getByRole('option', { name: language }).waitFor();
    }
    await page.getByRole('option', { name: 'Python' }).click();
    await section.getByText('from millrace import Millrace').waitFor();
  });

  test('finds a call by a word', async () => {
    const page = await reference.open('');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('redrive');
    await page.getByRole('option', { name: /Redrive dead letters/ }).click();
    await expect.poll(() => page.url()).toContain('queue.dlq.redrive');
  });

  test('copies a sample', async () => {
    const page = await reference.open('#tag/queues/queue.stats', {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const section = sectionOf(page, 'Count messages').last();
    await section.getByText('curl -sS').hover();
    // Scalar gives this button no name.
    await section.locator('button[class*="copy-button"]').first().click();
    const copied = () => page.evaluate('navigator.clipboard.readText()');
    await expect.poll(copied).toContain('/v1/queue/stats/orders');
  });

  test('sends a call with a key to this server, and forgets the key', async () => {
    const page = await reference.open('#tag/queues/queue.create');
    await page.getByPlaceholder('Token').first().fill(ADMIN_KEY);
    await sendFrom(page, '/v1/queue/create');
    await page.getByText('200 OK').waitFor();
    await takePicture(page, 'sent');
    const answer = await reference.server().call('GET', '/v1/queue/get/orders');
    expect(answer.body.data.queue).toBe('orders');
    const stored = await page.evaluate('JSON.stringify([localStorage, sessionStorage])');
    expect(stored).not.toContain(ADMIN_KEY);
  });

  test('shows why a call without a key was refused', async () => {
    const page = await reference.open('#tag/queues/queue.create');
    await sendFrom(page, '/v1/queue/create');
    await page.getByText('UNAUTHENTICATED').last().waitFor();
  });

  test('shows markup in what a server answers as text', async () => {
    const markup = '<img src=x onerror="globalThis.ran=1">';
    const page = await reference.open('#tag/queues/queue.create');
    await page
      .getByPlaceholder('Token')
      .first()
      .fill(`no-such-key-${'x'.repeat(20)}`);
    await page.route('**/v1/queue/create', (route) =>
      route.fulfill({ json: { ok: false, error: { message: markup } }, status: 400 }),
    );
    await sendFrom(page, '/v1/queue/create');
    await page.getByText('onerror').last().waitFor();
    expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
  });

  test.each(['#tag/the-life-of-a-message', '#tag/limits', '#tag/messages/queue.publish'])(
    'is not wider than a phone at %s',
    async (place) => {
      const page = await reference.open(place, { viewport: PHONE, hasTouch: true, isMobile: true });
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
      await takePicture(page, `phone-${place.replace(/\W+/g, '-')}`);
    },
  );
});

/** What Scalar itself breaks: buttons that are small or have no name, and code that scrolls. */
const FAULTS_OF_SCALAR = ['button-name', 'scrollable-region-focusable', 'target-size'];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

describe.each(['light', 'dark'] as const)('the reference in %s colours', (colorScheme) => {
  test.each(['#tag/idempotency', '#tag/deliveries/queue.nack'])(
    'breaks no rule of accessibility at %s that Scalar itself does not break',
    async (place) => {
      // axe is added to the page, which its policy would not allow.
      const page = await reference.open(place, { colorScheme, bypassCSP: true });
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      await page.evaluate(
        await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8'),
      );
      const { violations } = (await page.evaluate(
        `axe.run({ runOnly: ${JSON.stringify(RULES)} })`,
      )) as AxeResults;
      const ours = violations.filter(({ id }) => !FAULTS_OF_SCALAR.includes(id));
      expect(ours.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      await takePicture(page, `${colorScheme}-${place.replace(/\W+/g, '-')}`);
    },
  );
});
