import { defineConfig } from 'vitest/config';

/** Tests that take half a minute and more: outages, kills and recoveries that have to be sat through. */
export default defineConfig({
  test: {
    // Most of the time they wait.
    maxWorkers: 4,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    include: ['packages/*/test/**/*.long.test.ts'],
    globalSetup: ['packages/server/test/harness/postgres.ts'],
  },
});
