// `npm run build`: builds the console, which takes seconds, only if something that it is made of is newer
// than the last build. `npm start` runs this each time.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const BUILT = join(root, '../server/dist/console/index.html');
const SOURCES = [
  ...['src', 'build', 'index.html', 'vite.config.ts', 'package.json'].map((name) =>
    join(root, name),
  ),
  join(root, '../client/dist'),
  join(root, '../../package-lock.json'),
];

const changedAtMs = (path) => statSync(path).mtimeMs;

function newestMs(path) {
  if (!statSync(path).isDirectory()) return changedAtMs(path);
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names.reduce((newest, name) => Math.max(newest, changedAtMs(join(path, name))), 0);
}

const isCurrent = existsSync(BUILT) && Math.max(...SOURCES.map(newestMs)) < changedAtMs(BUILT);
if (!isCurrent) {
  // Tests that run `npm start` have another environment, in which React would be built for development.
  process.env.NODE_ENV = 'production';
  await build({ root, logLevel: 'error' });
}
