import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium } from '../../../server/test/harness/chromium.js';
import { ADMIN_KEY, startTestServer } from '../../../server/test/harness/http-server.js';
import { STORE_FACTORIES } from '../../../server/test/harness/stores.js';
import { bundled } from '../harness/bundle.js';

const [sqlite] = STORE_FACTORIES;
if (sqlite === undefined) throw new Error('there is no store');

type Client = typeof import('@millrace/client');
type Receiver = typeof import('@millrace/client/receiver');

declare global {
  /** What the page below makes of the package. */
  var millrace: Client & Receiver;
}

/** What the page of a web application is: a document and the bundle of its scripts. */
const APPLICATION = `
import * as client from '@millrace/client';
import * as receiver from '@millrace/client/receiver';
globalThis.millrace = { ...client, ...receiver };
`;

const PAGE = `<!doctype html>
<title>An application</title>
<script type="module" src="/bundle.js"></script>
`;

async function serveApplication(): Promise<Server> {
  const script = await bundled(APPLICATION);
  const server = createServer(({ url }, response) => {
    const isScript = url === '/bundle.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('the client in Chromium, in a page of another origin', () => {
  const cleanups: (() => unknown)[] = [];
  let browser: Browser;
  let url: string;
  /** The address of the application; by the name `localhost` it has an origin that is not allowed. */
  let port: number;

  beforeAll(async () => {
    const application = await serveApplication();
    cleanups.push(() => application.close());
    port = (application.address() as AddressInfo).port;
    const fixture = await sqlite.create();
    cleanups.push(() => fixture.remove());
    const server = await startTestServer(fixture, [
      '--auto-create',
      '--allowed-origins',
      `http://127.0.0.1:${port}`,
    ]);
    cleanups.push(() => server.stop());
    url = server.url;
    browser = await startChromium();
    cleanups.push(() => browser.close());
  });
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  async function open(host: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${port}/`);
    await page.waitForFunction(() => globalThis.millrace !== undefined);
    return page;
  }

  test('publishes, and a worker handles the messages', async () => {
    const page = await open('127.0.0.1');
    const handled = await page.evaluate(
      async (options) => {
        const { Millrace, Worker } = globalThis.millrace;
        const queue = new Millrace(options).queue<number>('browser');
        const publisher = queue.publisher();
        await Promise.all([1, 2, 3].map((number) => publisher.publish(number)));
        await publisher.close();
        const payloads: number[] = [];
        await new Promise<void>((resolve) => {
          const worker = new Worker(queue, ({ payload }) => {
            payloads.push(payload);
            if (payloads.length === 3) worker.stop().then(resolve);
          });
        });
        return { payloads: payloads.sort(), stats: await queue.stats() };
      },
      { baseUrl: url, apiKey: ADMIN_KEY },
    );
    expect(handled.payloads).toEqual([1, 2, 3]);
    expect(handled.stats).toMatchObject({ available: 0, inFlight: 0, delayed: 0, dlq: 0 });
    await page.close();
  });

  test('reads why a call was refused', async () => {
    const page = await open('127.0.0.1');
    const codes = await page.evaluate(
      async ({ baseUrl, apiKey }) => {
        const { Millrace } = globalThis.millrace;
        const codeOf = ({ code, status }: { code: string; status?: number }) => `${status} ${code}`;
        const queue = (key: string) => new Millrace({ baseUrl, apiKey: key }).queue('nowhere');
        return Promise.all([
          queue(apiKey).stats().catch(codeOf),
          queue('wrong-key-0123456789').stats().catch(codeOf),
        ]);
      },
      { baseUrl: url, apiKey: ADMIN_KEY },
    );
    expect(codes).toEqual(['404 QUEUE_NOT_FOUND', '401 UNAUTHENTICATED']);
    await page.close();
  });

  test('gets no answer in a page whose origin is not allowed', async () => {
    const page = await open('localhost');
    const code = await page.evaluate(
      async (options) => {
        const { Millrace } = globalThis.millrace;
        const queue = new Millrace({ ...options, retries: false }).queue('browser');
        return queue.stats().then(
          () => 'an answer',
          (error) => error.code,
        );
      },
      { baseUrl: url, apiKey: ADMIN_KEY },
    );
    expect(code).toBe('NETWORK_ERROR');
    await page.close();
  });

  test('verifies signatures', async () => {
    const page = await open('127.0.0.1');
    const code = await page.evaluate(() =>
      globalThis.millrace
        .verifySignature({}, '{}', 'whsec_bWlsbHJhY2UgZXhhbXBsZSBzZWNyZXQ=')
        .catch((error) => error.code),
    );
    expect(code).toBe('INVALID_SIGNATURE');
    await page.close();
  });
});
