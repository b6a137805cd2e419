import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
    ],
    globalSetup: ['packages/server/test/harness/postgres.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: the servers and databases under test need one of them.
    maxWorkers: 2,
  },
});
