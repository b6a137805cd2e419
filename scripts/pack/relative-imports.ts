import { dirname, posix } from 'node:path';
import type { WorkspacePackage } from './workspace-package.js';

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(@millrace\/[\w/-]+)\2/g;
const LEFT_OVER = /^(?!\s*\*).*['"]@millrace\//m;

/** Where the files of a package are in the tarball: the root's at its top, others in their room. */
export type PlaceOf = (part: WorkspacePackage) => string;

/**
 * Replaces the names of the packages that are in the same tarball by relative paths, which mean the same
 * to every package manager and to Node.
 *
 * @param path the path of the file in the tarball
 */
export function withRelativeImports(
  text: string,
  path: string,
  parts: readonly WorkspacePackage[],
  placeOf: PlaceOf,
): string {
  const replaced = text.replace(IMPORT, (_, keyword, quote, specifier) => {
    const target = fileOf(specifier, parts, placeOf);
    const relative = posix.relative(dirname(path), target);
    return `${keyword}${quote}${relative.startsWith('.') ? relative : `./${relative}`}${quote}`;
  });
  const [left] = LEFT_OVER.exec(replaced) ?? [];
  if (left !== undefined) throw new Error(`${path} still names a package of ours: ${left.trim()}`);
  return replaced;
}

function fileOf(specifier: string, parts: readonly WorkspacePackage[], placeOf: PlaceOf): string {
  const [scope = '', name = '', ...rest] = specifier.split('/');
  const part = parts.find(({ manifest }) => manifest.name === `${scope}/${name}`);
  const entry = part?.manifest.exports?.[['.', ...rest].join('/')] as { default?: string };
  if (part === undefined || entry?.default === undefined) {
    throw new Error(`${specifier} is not an entry of a package in this tarball`);
  }
  return posix.join(placeOf(part), entry.default);
}
