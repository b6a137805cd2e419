import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Checks the page with axe. */
export async function expectAccessible(page: Page): Promise<void> {
  // The policy of the page refuses scripts that are added to it, but not those of the test.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async (tags) => {
    const results = await globalThis.axe.run({ runOnly: { type: 'tag', values: tags } });
    return results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  }, WCAG);
  expect(violations).toEqual([]);
}

declare global {
  var axe: typeof import('axe-core');
}
