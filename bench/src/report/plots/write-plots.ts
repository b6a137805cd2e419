import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function writePlots(
  folder: string,
  plots: ReadonlyMap<string, string>,
): Promise<void> {
  if (plots.size === 0) return;
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of plots) await writeFile(join(folder, name), svg);
}
