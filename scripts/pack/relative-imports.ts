import { dirname, posix } from 'node:path';
import type { WorkspacePackage } from './workspace-package.js';

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(@millrace\/[\w/-]+|#[\w-]+)\2/g;
const LEFT_OVER = /^(?!\s*\*).*['"]@millrace\//m;

/** Where the files of a package are in the tarball: the root's at its top, others in their room. */
export type PlaceOf = (part: WorkspacePackage) => string;

/**
 * Replaces the names of the packages that are in the same tarball by relative paths, which mean the same
 * to every package manager and to Node. The `imports` of a package inside another one are replaced too,
 * as they are in Node; those of the root stay.
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
    const target = specifier.startsWith('#')
      ? fileOfImport(specifier, path, parts, placeOf)
      : fileOf(specifier, parts, placeOf);
    if (target === undefined) return `${keyword}${quote}${specifier}${quote}`;
    const relative = posix.relative(dirname(path), target);
    return `${keyword}${quote}${relative.startsWith('.') ? relative : `./${relative}`}${quote}`;
  });
  const [left] = LEFT_OVER.exec(replaced) ?? [];
  if (left !== undefined) throw new Error(`${path} still names a package of ours: ${left.trim()}`);
  return replaced;
}

/** @returns undefined in a file of the root */
function fileOfImport(
  specifier: string,
  path: string,
  parts: readonly WorkspacePackage[],
  placeOf: PlaceOf,
): string | undefined {
  const inside = parts.find((part) => placeOf(part) !== '' && path.startsWith(`${placeOf(part)}/`));
  if (inside === undefined) return undefined;
  const file = (inside.manifest.imports?.[specifier] as { default?: string } | undefined)?.default;
  if (file === undefined)
    throw new Error(`${specifier} is not an import of ${inside.manifest.name}`);
  return posix.join(placeOf(inside), file);
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
