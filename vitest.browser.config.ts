import { defineConfig } from 'vitest/config';

/** The suites that need a browser, which is not installed everywhere. */
export default defineConfig({
  test: {
    // Each worker starts a browser of its own.
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    include: ['packages/*/test/**/*.browser.test.ts'],
    globalSetup: ['packages/server/test/harness/chromium.ts'],
  },
});
