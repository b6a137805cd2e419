import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MEMORY = '/dev/shm';

/** What decides about each part; the suites over HTTP run the decisions, too, but take longer. */
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
  '**/store-conformance/{sqlite-*,*-migration,removal,rows-that-stay,schema}.test.ts',
  '**/http-conformance/{start-messages,push-wakes,push-failures,budgets,paging-*,stopping,overload-*,first-key}.test.ts',
  '**/hostile-bodies.test.ts',
];

/** The fast suites, over the sources and on SQLite alone: what a mutant has to pass. */
export default defineConfig({
  resolve: {
    alias: [
      // Elsewhere these suites run what is built, in which no mutant is.
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
      // Each commit waits for the disk; what is lost with the machine is of no interest here.
      ...(existsSync(MEMORY) && { TMPDIR: MEMORY }),
    },
    // To load the server anew for each file would take most of the time.
    isolate: false,
    include: SUITES[process.env.MILLRACE_MUTATION === 'http' ? 'http' : 'core'],
    exclude: TOO_SLOW_OR_OF_THREADS,
  },
});
