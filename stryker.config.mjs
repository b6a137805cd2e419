const area = process.env.MILLRACE_MUTATION ?? 'core';

/** Of the mutation run: `packages/server/test/mutation/main.ts` says what is mutated. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  ignoreStatic: process.env.MILLRACE_MUTATION_STATIC === undefined,
  concurrency: 1,
  // A mutant that waits for ever is found by its time: on a machine with other work, late.
  timeoutMS: 20_000,
  ignorePatterns: ['bench', 'docs', '**/dist', 'data', '.readme-*', 'coverage', 'reports'],
  tempDirName: '.stryker-tmp',
  incrementalFile: `reports/mutation/${area}-incremental.json`,
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: `reports/mutation/${area}.json` },
  htmlReporter: { fileName: `reports/mutation/${area}.html` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
};
