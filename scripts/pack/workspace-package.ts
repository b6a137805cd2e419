import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly files: readonly string[];
  readonly imports?: Readonly<Record<string, unknown>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A package of this workspace that goes into a tarball. */
export interface WorkspacePackage {
  /** The name of its folder. */
  readonly room: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

const ROOMS = ['protocol', 'server', 'client', 'cli'];

export const atRoot = (path: string): string =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The package of this name and those of the workspace that it needs, itself first. */
export async function withItsPackages(name: string): Promise<WorkspacePackage[]> {
  const all = await Promise.all(
    ROOMS.map(async (room) => {
      const folder = atRoot(`packages/${room}`);
      const manifest: Manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
      return { room, folder, manifest };
    }),
  );
  const found: WorkspacePackage[] = [];
  const add = (wanted: string): void => {
    const part = all.find(({ manifest }) => manifest.name === wanted);
    if (part === undefined || found.includes(part)) return;
    found.push(part);
    for (const dependency of Object.keys(part.manifest.dependencies ?? {})) add(dependency);
  };
  add(name);
  if (found.length === 0) throw new Error(`there is no package ${name} to pack`);
  return found;
}
