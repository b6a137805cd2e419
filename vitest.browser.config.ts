import { defineConfig } from 'vitest/config';
import { ATTEMPTS } from './vitest.attempts.js';

/** The suites that need a browser, which is not installed everywhere. */
export default defineConfig({
  test: {
    ...ATTEMPTS,
    // Each worker starts a browser of its own. Two of them take two thirds of the time of one.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    include: ['packages/*/test/**/*.browser.test.ts'],
    globalSetup: ['packages/server/test/harness/chromium.ts'],
  },
});
