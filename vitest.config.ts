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
    // On two cores: many tests wait for a lease, a server or a receiver most of their time.
    maxWorkers: 4,
    // Loading the server anew for each of 138 files took a quarter of the time; no test changes a module.
    isolate: false,
  },
});
