const area = process.env.MILLRACE_MUTATION ?? 'core';

/** The mutation run; `packages/server/test/mutation/main.ts` chooses the files to mutate. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  ignoreStatic: process.env.MILLRACE_MUTATION_STATIC === undefined,
  concurrency: 1,
  // Ends mutants that wait for ever. It is generous, for machines that are busy with other work.
  timeoutMS: 20_000,
  ignorePatterns: ['bench', 'docs', '**/dist', 'data', '.readme-*', 'coverage', 'reports'],
  tempDirName: '.stryker-tmp',
  incrementalFile: `reports/mutation/${area}-incremental.json`,
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: `reports/mutation/${area}.json` },
  htmlReporter: { fileName: `reports/mutation/${area}.html` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
};
