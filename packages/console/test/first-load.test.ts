import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BUILT = fileURLToPath(new URL('../../server/dist/console/', import.meta.url));
const FIRST_LOAD_MAX_BYTES = 250_000;

test('the first load of the console stays small, compressed', () => {
  const page = readFileSync(`${BUILT}index.html`, 'utf8');
  const assets = [...page.matchAll(/(?:src|href)="\/console\/([^"]+)"/g)].map(([, path]) => path);
  expect(assets.some((path) => path?.endsWith('.js'))).toBe(true);
  expect(assets.some((path) => path?.endsWith('.css'))).toBe(true);
  const bytes = ['index.html', ...assets].map((path) => statSync(`${BUILT}${path}.gz`).size);
  const total = bytes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeLessThan(FIRST_LOAD_MAX_BYTES);
});

test('the page has no inline script and no inline style, and loads nothing from elsewhere', () => {
  const page = readFileSync(`${BUILT}index.html`, 'utf8');
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)/);
  expect(page).not.toMatch(/(src|href)="(?!\/console\/)/);
});
