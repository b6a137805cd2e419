import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { startChromium } from '../harness/chromium.js';
import { startTestServer, type TestServer } from '../harness/http-server.js';
import { STORE_FACTORIES } from '../harness/stores.js';

const [sqlite] = STORE_FACTORIES;
if (sqlite === undefined) throw new Error('there is no store');

/** Pictures for people to look at; git ignores them. */
const PICTURES = fileURLToPath(new URL('pictures/', import.meta.url));
/** A test that waits for something else than what the page shows is to fail soon. */
const WAIT_MS = 15_000;
export const DESKTOP = { width: 1_300, height: 900 };
export const PHONE = { width: 390, height: 844 };

export interface ReferenceUnderTest {
  readonly server: () => TestServer;
  /** Opens a place of the page, such as `#tag/messages/queue.publish`. */
  open(place: string, options?: BrowserContextOptions): Promise<Page>;
}

/**
 * A server, and a browser that looks at its reference. After each test nothing may have left the server,
 * the policy of the page may not have been violated, and nothing may have failed in it.
 */
export function referenceInBrowser(): ReferenceUnderTest {
  const cleanups: (() => unknown)[] = [];
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    const fixture = await sqlite?.create();
    if (fixture === undefined) throw new Error('the store was not made');
    cleanups.push(() => fixture.remove());
    server = await startTestServer(fixture);
    cleanups.push(() => server.stop());
    browser = await startChromium();
    cleanups.push(() => browser.close());
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  return {
    server: () => server,
    async open(place, options = {}) {
      const context = await browser.newContext({ viewport: DESKTOP, ...options });
      contexts.push(context);
      context.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (origin !== server.url && protocol !== 'data:') faults.push(`sent: ${request.url()}`);
      });
      context.setDefaultTimeout(WAIT_MS);
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
      // Chromium reports on the console what the policy refuses.
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) faults.push(message.text());
      });
      await page.goto(`${server.url}/docs${place}`);
      await page.getByRole('heading', { level: 1, name: 'millrace' }).waitFor();
      return page;
    },
  };
}

export const takePicture = (page: Page, name: string): Promise<unknown> =>
  page.screenshot({ path: `${PICTURES}${name}.png` });
