import { posix } from 'node:path';
import type { PlaceOf } from './relative-imports.js';
import type { WorkspacePackage } from './workspace-package.js';

/** Fields that only the workspace needs. */
const LEFT_OUT = ['private', 'files', 'imports', 'scripts', 'dependencies', 'devDependencies'];

/** Entries of packages inside another one that its users may import. */
const SHOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  millrace: { './protocol': '@millrace/protocol' },
};

/** Whether users can import the package, so that they need its types. */
export function isShown(part: WorkspacePackage, root: WorkspacePackage): boolean {
  const { name, exports } = part.manifest;
  if (part === root) return exports !== undefined;
  return Object.values(SHOWN[root.manifest.name] ?? {}).includes(name);
}

/** The manifest of the tarball: that of its root, with what all packages inside need from others. */
export function publishedManifest(parts: readonly WorkspacePackage[], placeOf: PlaceOf): object {
  const [root] = parts as [WorkspacePackage];
  const kept = Object.entries(root.manifest).filter(([field]) => !LEFT_OUT.includes(field));
  const dependencies = dependenciesOf(parts);
  return {
    ...Object.fromEntries(kept),
    ...publishedImports(root),
    exports: { ...root.manifest.exports, ...shownEntries(parts, placeOf), ...SELF },
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
  };
}

/** Its `imports` without the patterns by which tests reach every file. */
function publishedImports({ manifest }: WorkspacePackage): object {
  const kept = Object.entries(manifest.imports ?? {}).filter(([name]) => !name.endsWith('*'));
  return kept.length > 0 ? { imports: Object.fromEntries(kept) } : {};
}

/** The test helper of the client finds the program through it. */
const SELF = { './package.json': './package.json' };

function shownEntries(parts: readonly WorkspacePackage[], placeOf: PlaceOf): object {
  const [root] = parts as [WorkspacePackage];
  const entries = Object.entries(SHOWN[root.manifest.name] ?? {}).map(([entry, name]) => {
    const part = parts.find(({ manifest }) => manifest.name === name);
    const files = part?.manifest.exports?.['.'] as Record<string, string> | undefined;
    if (part === undefined || files === undefined) throw new Error(`${name} has no entry`);
    const placed = Object.entries(files).map(([condition, file]) => [
      condition,
      `./${posix.join(placeOf(part), file)}`,
    ]);
    return [entry, Object.fromEntries(placed)];
  });
  return Object.fromEntries(entries);
}

function dependenciesOf(parts: readonly WorkspacePackage[]): Record<string, string> {
  const inside = parts.map(({ manifest }) => manifest.name);
  const all: Record<string, string> = {};
  for (const { manifest } of parts) {
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      if (inside.includes(name)) continue;
      if (all[name] !== undefined && all[name] !== range) {
        throw new Error(`${name} is wanted as ${all[name]} and as ${range}; choose one`);
      }
      all[name] = range;
    }
  }
  return Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)));
}
