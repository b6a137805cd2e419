import { mkdir } from 'node:fs/promises';
import { PUBLISHED, pack } from './pack.js';

/** `npm run pack -- FOLDER` makes the tarballs of all published packages in a folder. */
const [folder = 'dist', ...rest] = process.argv.slice(2);
if (rest.length > 0 || folder.startsWith('-')) {
  console.error('npm run pack -- FOLDER makes the tarballs in a folder (default: dist)');
  process.exitCode = folder === '--help' ? 0 : 2;
} else {
  await mkdir(folder, { recursive: true });
  for (const name of PUBLISHED) process.stdout.write(`${await pack(name, folder)}\n`);
}
