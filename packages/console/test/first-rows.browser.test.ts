import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { consoleInBrowser } from './harness/console.js';

/** The times are printed; with 10,000 they are those of the benchmarks, but making them takes a while. */
const QUEUES = Number(process.env.MILLRACE_TEST_QUEUES ?? 1_500);
const LOADS = 5;

const { url, millrace, open } = consoleInBrowser();

beforeAll(async () => {
  const names = Array.from({ length: QUEUES }, (_, index) => `bulk-${10_000 + index}`);
  while (names.length > 0) {
    await Promise.all(
      names.splice(0, 50).map(async (name) => {
        await millrace().queue(name).create();
        await millrace().queue(name).publish(1);
      }),
    );
  }
}, 300_000);

test('the first rows do not wait for the large script to ask for them', async () => {
  const page = await open('/docs-of-nowhere');
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/assets\/index-.*\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const answered = page.waitForResponse(/queue\/list/);
  await page.goto(`${url()}/console`, { waitUntil: 'commit' });
  expect((await answered).status()).toBe(200);
  expect(asked).toContain('/v1/account/whoami');
  release();
  await rowsOf(page).first().waitFor();
  await page.getByText(QUEUES.toLocaleString('en'), { exact: true }).waitFor();
  const lists = asked.filter((path) => path === '/v1/queue/list');
  expect(lists).toHaveLength(1 + Math.ceil((QUEUES - 100) / 1_000));
});

test('a long list is read again although the counts of its visible rows are', async () => {
  const page = await open('/docs-of-nowhere');
  await page.clock.install();
  await page.goto(`${url()}/console?sort=queue`);
  await page.getByText(QUEUES.toLocaleString('en'), { exact: true }).waitFor();
  const asked = { lists: 0, stats: 0 };
  page.on('request', (request) => {
    if (/queue\/list/.test(request.url())) asked.lists += 1;
    if (/queue\/stats/.test(request.url())) asked.stats += 1;
  });
  await millrace().queue('bulk-10000').publish(2);
  // The page's clock goes on by itself, too, which counts on a slow machine.
  const pageMs = () => page.evaluate(() => performance.now());
  const step = async (): Promise<void> => {
    await page.clock.runFor(1_000);
    await page.waitForTimeout(100);
  };
  const startMs = await pageMs();
  while ((await pageMs()) - startMs < 20_000) await step();
  // Only the visible rows were read by then, and the page says how old the rest is.
  expect(asked.lists).toBe(0);
  await page.getByText(/^visible rows as of .*, all as of /).waitFor();
  await rowsOf(page).first().getByRole('cell', { name: '2', exact: true }).waitFor();
  expect(asked.stats).toBeGreaterThan(0);
  while (asked.lists === 0 && (await pageMs()) - startMs < 60_000) await step();
  expect(asked.lists).toBeGreaterThan(0);
});

test('sparklines wait until the list is read', async () => {
  const page = await open('/docs-of-nowhere');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${url()}/console`);
  const firstHistory = () => asked.findIndex((path) => path.includes('/history/'));
  await page.getByText(QUEUES.toLocaleString('en'), { exact: true }).waitFor();
  await expect.poll(firstHistory).toBeGreaterThan(0);
  expect(firstHistory()).toBeGreaterThan(asked.lastIndexOf('/v1/queue/list'));
});

test('how long it takes until the first rows are on the screen', async () => {
  for (const kind of ['first visit', 'again'] as const) {
    const times: number[] = [];
    for (let load = 0; load < LOADS; load += 1) {
      const page = await open('/docs-of-nowhere');
      if (kind === 'first visit')
        await (await page.context().newCDPSession(page)).send('Network.clearBrowserCache');
      await page.addInitScript(noteFirstRows);
      await page.goto(`${url()}/console`);
      const shown = await page.waitForFunction(() => globalThis.firstRowsMs);
      times.push(Number(await shown.jsonValue()));
      await page.close();
    }
    const sorted = times.map(Math.round).sort((a, b) => a - b);
    const median = sorted[Math.floor(LOADS / 2)];
    const shownTimes = sorted.join(', ');
    process.stdout.write(
      `${kind}, ${QUEUES} queues: first rows after ${median} ms (${shownTimes})
`,
    );
    expect(sorted).toHaveLength(LOADS);
  }
});

const rowsOf = (page: Page) =>
  page.getByRole('table', { name: 'Queues' }).locator('tbody').getByRole('row');

declare global {
  /** When the first rows had been painted, in milliseconds since the navigation. */
  var firstRowsMs: number | undefined;
}

function noteFirstRows(): void {
  new MutationObserver((_changes, observer) => {
    if (document.querySelector('tbody td') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => {
      setTimeout(() => {
        globalThis.firstRowsMs = performance.now();
      });
    });
  }).observe(document, { subtree: true, childList: true });
}
