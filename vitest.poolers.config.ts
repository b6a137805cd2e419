import { defineConfig } from 'vitest/config';

/** The suite behind PgBouncer, which is not installed everywhere. */
export default defineConfig({
  test: {
    include: ['packages/server/test/poolers/**/*.long.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
});
