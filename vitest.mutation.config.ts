import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MEMORY = '/dev/shm';

/** The suites that test each area. The suites over HTTP also run core, but take longer. */
const SUITES = {
  core: [
    'packages/server/src/core/**/*.test.ts',
    'packages/server/test/model/**/*.test.ts',
    'packages/server/test/store-conformance/**/*.test.ts',
  ],
  http: [
    'packages/server/src/http/**/*.test.ts',
    'packages/server/test/http-conformance/**/*.test.ts',
  ],
};

const TOO_SLOW_OR_OF_THREADS = [
  '**/store-conformance/**/{sqlite-*,*-migration,removal,rows-that-stay,schema}.test.ts',
  '**/http-conformance/**/{start-messages,push-wakes,push-failures,budgets,paging-*,stopping,overload-*,first-key}.test.ts',
  '**/hostile-bodies.test.ts',
];

/** The fast suites, on the sources and on SQLite only, which must fail for each mutant. */
export default defineConfig({
  resolve: {
    alias: [
      // Other runs use the built files, which contain no mutants.
      { find: /^#server\/(.*)$/, replacement: at('packages/server/src/$1.ts') },
      {
        find: 'node:worker_threads',
        replacement: at('packages/server/test/mutation/same-thread-worker.ts'),
      },
    ],
  },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    env: {
      MILLRACE_TEST_STORES: 'sqlite',
      MILLRACE_TEST_RUNS: '20',
      MILLRACE_TEST_SEED: '17',
      // In memory, because each commit would wait for the disk and durability does not matter here.
      ...(existsSync(MEMORY) && { TMPDIR: MEMORY }),
    },
    // Loading the server again for each file would take most of the time.
    isolate: false,
    include: SUITES[process.env.MILLRACE_MUTATION === 'http' ? 'http' : 'core'],
    exclude: TOO_SLOW_OR_OF_THREADS,
  },
});
