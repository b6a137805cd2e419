import { source } from 'axe-core';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The header of a dialog is inside of its section, so it is no banner; axe counts it as one. */
const WRONG_FOR_DIALOGS = {
  'landmark-no-duplicate-banner': { enabled: false },
  'landmark-unique': { enabled: false },
};

/** What axe finds wrong with the page as it is. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // The policy of the page refuses scripts that are added to it, but not those of the test.
  await page.evaluate(source);
  return page.evaluate(
    async ({ values, rules }) => {
      const { violations } = await globalThis.axe.run({ runOnly: { type: 'tag', values }, rules });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`),
      );
    },
    { values: RULES, rules: WRONG_FOR_DIALOGS },
  );
}

declare global {
  var axe: typeof import('axe-core');
}
