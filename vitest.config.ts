import { configDefaults, defineConfig } from 'vitest/config';
import { ATTEMPTS } from './vitest.attempts.js';

export default defineConfig({
  test: {
    ...ATTEMPTS,
    // For two cores: many tests wait for a lease, a server or a receiver. With more than one extra
    // worker, all tests take longer.
    maxWorkers: 3,
    // These end tests that hang. They are generous, for machines that are busy with other work.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // Likewise for what a test waits to become true.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['packages/*/src/**/*.test.ts', 'bench/test/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'suites',
          include: ['packages/*/test/**/*.test.ts'],
          // `npm run test:long` and `npm run test:browser` run these.
          exclude: [...configDefaults.exclude, '**/*.{long,browser}.test.ts'],
          globalSetup: ['packages/server/test/harness/postgres.ts'],
          // Loading the server again for each file took a quarter of the time. Tests in these suites
          // must not replace modules; tests that do so are beside the code.
          isolate: false,
        },
      },
    ],
  },
});
