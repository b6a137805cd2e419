import { defineConfig } from 'vitest/config';
import { ATTEMPTS } from './vitest.attempts.js';

/** The suite behind PgBouncer, which is not installed everywhere. */
export default defineConfig({
  test: {
    ...ATTEMPTS,
    include: ['packages/server/test/poolers/**/*.long.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
