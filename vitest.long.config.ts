import { defineConfig } from 'vitest/config';
import { ATTEMPTS } from './vitest.attempts.js';

/**
 * Tests that take long: they wait for outages, kills and recoveries, run whole programs and documents, or
 * need thousands of rows.
 */
export default defineConfig({
  test: {
    ...ATTEMPTS,
    // These tests wait most of the time.
    maxWorkers: 4,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
    include: ['{packages/*,examples}/test/**/*.long.test.ts', 'demo/*.long.test.ts'],
    // As in the suites of vitest.config.ts.
    isolate: false,
    globalSetup: ['packages/server/test/harness/postgres.ts'],
  },
});
