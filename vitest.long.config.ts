import { defineConfig } from 'vitest/config';

/** Tests that take half a minute or more, because they wait for outages, kills and recoveries. */
export default defineConfig({
  test: {
    // These tests wait most of the time.
    maxWorkers: 4,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    include: ['packages/*/test/**/*.long.test.ts'],
    globalSetup: ['packages/server/test/harness/postgres.ts'],
  },
});
