import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // On two cores: many tests wait for a lease, a server or a receiver; with more than one beside
    // them, all take longer.
    maxWorkers: 3,
    // They end what hangs; a machine with other work to do takes its time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
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
          // `npm run test:long` runs these.
          exclude: [...configDefaults.exclude, '**/*.long.test.ts'],
          globalSetup: ['packages/server/test/harness/postgres.ts'],
          // Loading the server anew for each file took a quarter of the time. Nothing here may
          // put another module in a module's place; tests that do stand beside the code.
          isolate: false,
        },
      },
    ],
  },
});
