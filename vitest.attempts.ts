import type { Reporter, TestCase } from 'vitest/node';

/** Shows which tests failed at first, and why, so that none hides behind its second attempt. */
class SecondAttempts implements Reporter {
  readonly #lines: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (!test.ok() || !test.diagnostic()?.retryCount) return;
    const [error] = test.result().errors ?? [];
    this.#lines.push(`  ${test.module.relativeModuleId} > ${test.fullName}: ${error?.message}\n`);
  }

  onTestRunEnd(): void {
    if (this.#lines.length === 0) return;
    process.stdout.write(`Passed only at a later attempt:\n${this.#lines.join('')}`);
  }
}

/**
 * Machines that run checks for others stall for seconds at times, so a test may be tried a second time
 * there (`CI` is set). Elsewhere each failure counts. A suite with seeds draws its seed once, so a seed
 * that fails does so again.
 */
export const ATTEMPTS = {
  retry: process.env.CI ? 1 : 0,
  reporters: ['default', new SecondAttempts()],
};
