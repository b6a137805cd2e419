import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Millrace } from '@millrace/client';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { startChromium } from '../../../server/test/harness/chromium.js';
import { ADMIN_KEY, startTestServer } from '../../../server/test/harness/http-server.js';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { accessibilityFaults } from './accessibility.js';

const [sqlite] = STORE_FACTORIES;
if (sqlite === undefined) throw new Error('there is no store');

/** Pictures for people to look at; git ignores them. */
const PICTURES = fileURLToPath(new URL('../../pictures/', import.meta.url));
const DESKTOP = { width: 1_360, height: 850 };
const PHONE = { width: 390, height: 844 };

declare global {
  /** What the Content-Security-Policy has refused. */
  var violations: string[] | undefined;
}

/** A server with a console, and a browser that looks at it. */
export interface ConsoleUnderTest {
  readonly url: () => string;
  readonly millrace: () => Millrace;
  /** Opens a page of the console, signed in with the key; null leaves the page to ask for one. */
  open(path?: string, key?: string | null): Promise<Page>;
  /**
   * Looks at the page as it is in light and dark colours and on a phone: it must break no rule of
   * accessibility, and each time a picture is taken.
   */
  look(page: Page, name: string): Promise<void>;
}

/**
 * After each test, nothing may have failed in the page and no policy may have been violated.
 *
 * @param flags of the server
 */
export function consoleInBrowser(flags: readonly string[] = []): ConsoleUnderTest {
  const cleanups: (() => unknown)[] = [];
  const faults: string[] = [];
  let url = '';
  let browser: Browser;
  let context: BrowserContext | undefined;

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    const fixture = await sqlite?.create();
    if (fixture === undefined) throw new Error('the store was not made');
    cleanups.push(() => fixture.remove());
    const server = await startTestServer(fixture, ['--push-allow', '127.0.0.1/32', ...flags]);
    cleanups.push(() => server.stop());
    url = server.url;
    browser = await startChromium();
    cleanups.push(() => browser.close());
  });
  afterEach(async () => {
    for (const page of context?.pages() ?? []) {
      faults.push(...(await page.evaluate(() => globalThis.violations ?? [])));
    }
    await context?.close();
    context = undefined;
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  return {
    url: () => url,
    millrace: () => new Millrace({ baseUrl: url, apiKey: ADMIN_KEY }),
    async open(path = '', key = ADMIN_KEY) {
      context ??= await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
      await page.addInitScript((secret) => {
        globalThis.violations ??= [];
        document.addEventListener('securitypolicyviolation', (event) => {
          globalThis.violations?.push(`${event.violatedDirective} ${event.blockedURI}`);
        });
        if (secret !== null) sessionStorage.setItem('millrace.key', secret);
      }, key);
      await page.goto(`${url}/console${path}`);
      return page;
    },
    async look(page, name) {
      const found: string[] = [];
      // Parts of the page that are loaded when they are needed.
      await page
        .getByLabel(/^(Loading|Reading)/)
        .first()
        .waitFor({ state: 'detached' });
      const lookAt = async (variant: string): Promise<void> => {
        await page.screenshot({ path: `${PICTURES}${name}-${variant}.png` });
        for (const fault of await accessibilityFaults(page)) found.push(`${variant}: ${fault}`);
      };
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await lookAt(scheme);
      }
      await page.setViewportSize(PHONE);
      await lookAt('phone');
      if (await page.evaluate(isTooWide)) found.push('phone: the page is wider than the phone');
      await page.setViewportSize(DESKTOP);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(found).toEqual([]);
    },
  };
}

const isTooWide = (): boolean =>
  document.documentElement.scrollWidth > document.documentElement.clientWidth;
