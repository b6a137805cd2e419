import { execFile } from 'node:child_process';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isShown, publishedManifest } from './manifest.js';
import { type PlaceOf, withRelativeImports } from './relative-imports.js';
import { atRoot, type WorkspacePackage, withItsPackages } from './workspace-package.js';

export const PUBLISHED = ['millrace', '@millrace/client'] as const;

const run = promisify(execFile);

/**
 * Makes the tarball of a package, with the packages of this workspace that it needs inside. They must be
 * built.
 *
 * @returns the path of the tarball in `folder`
 */
export async function pack(name: (typeof PUBLISHED)[number], folder: string): Promise<string> {
  const assembled = await mkdtemp(join(tmpdir(), 'millrace-pack-'));
  try {
    await assemble(await withItsPackages(name), assembled);
    const destination = resolve(folder);
    const flags = ['--json', '--ignore-scripts', '--pack-destination', destination];
    const { stdout } = await run('npm', ['pack', ...flags], { cwd: assembled });
    return join(destination, JSON.parse(stdout)[0].filename);
  } finally {
    await rm(assembled, { recursive: true, force: true });
  }
}

/** Writes the files of a tarball into a folder. */
async function assemble(parts: readonly WorkspacePackage[], folder: string): Promise<void> {
  const [root] = parts as [WorkspacePackage];
  const placeOf: PlaceOf = (part) => (part === root ? '' : part.room);
  for (const part of parts) {
    await copyFiles(part, join(folder, placeOf(part)), isShown(part, root));
    if (part !== root) await writeInnerManifest(part, join(folder, placeOf(part)));
  }
  for (const path of await readdir(folder, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    const text = await readFile(join(folder, path), 'utf8');
    await writeFile(join(folder, path), withRelativeImports(text, path, parts, placeOf));
  }
  await writeJson(join(folder, 'package.json'), publishedManifest(parts, placeOf));
  const readme = await readFile(join(root.folder, 'README.md'), 'utf8');
  await writeFile(join(folder, 'README.md'), withoutOutsideLinks(readme));
  await copyFile(atRoot('LICENSE'), join(folder, 'LICENSE'));
}

async function copyFiles(part: WorkspacePackage, folder: string, withTypes: boolean) {
  const isNeeded = (path: string): boolean =>
    !/\.map$|\.tsbuildinfo/.test(path) && (withTypes || !path.endsWith('.d.ts'));
  for (const name of part.manifest.files.filter((file) => !file.startsWith('!'))) {
    await cp(join(part.folder, name), join(folder, name), { recursive: true, filter: isNeeded });
  }
}

/** Node reads the type from it, and the server its version. */
const writeInnerManifest = ({ manifest }: WorkspacePackage, folder: string): Promise<void> => {
  const { name, version, type } = manifest;
  return writeJson(join(folder, 'package.json'), { name, version, private: true, type });
};

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);

/** Links to files of the repository lead nowhere in a tarball; their text stays. */
export const withoutOutsideLinks = (markdown: string): string =>
  markdown.replace(/\[([^\]]+)\]\(\.\.?\/[^)]+\)/g, '$1');
