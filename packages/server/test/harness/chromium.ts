import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Ends `npm run test:browser` at once, and not in each of its tests, if there is no browser. */
export default function setup(): void {
  chromiumPath();
}

/** Chromium without a window, as the system has it. Whoever starts it closes it. */
export const startChromium = (): Promise<Browser> =>
  // Its sandbox does not work for root, as in most containers; it opens only pages of the tests.
  chromium.launch({ executablePath: chromiumPath(), chromiumSandbox: process.getuid?.() !== 0 });

function chromiumPath(): string {
  const given = process.env.CHROMIUM;
  const candidates = given === undefined || given === '' ? inPath(NAMES) : [given];
  const path = candidates.find(isExecutable);
  if (path !== undefined) return path;
  throw new Error(
    given === undefined || given === ''
      ? 'Chromium is missing: install it (apt-get install chromium), or set CHROMIUM to its path'
      : `CHROMIUM=${given} is not a program`,
  );
}

const inPath = (names: readonly string[]): string[] =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
