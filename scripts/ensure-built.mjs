// The first step of `npm start`. If TypeScript is installed, it builds the files that have changed. A
// production install (`npm ci --omit=dev`) has no TypeScript and starts files that were built elsewhere.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const BUILT = ['packages/protocol/dist/index.js', 'packages/server/dist/main.js'];

function problem() {
  if (!existsSync('node_modules')) return 'the packages are not installed; run: npm ci';
  if (existsSync('node_modules/typescript')) return build();
  if (BUILT.every((file) => existsSync(file))) return undefined;
  return 'this folder is not built, and TypeScript, which builds it, is not installed; run: npm ci && npm run build';
}

function build() {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  return status === 0 ? undefined : 'the build failed';
}

const found = problem();
if (found !== undefined) {
  process.stderr.write(`millrace: ${found}\n`);
  process.exitCode = 1;
}
