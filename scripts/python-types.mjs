// Part of `npm run types`: checks the types of the Python client and of its tests, if mypy is installed.
// With `CI` set it must be.
import { spawnSync } from 'node:child_process';

const { status, error } = spawnSync('mypy', [], { cwd: 'clients/python', stdio: 'inherit' });
if (error === undefined) {
  process.exitCode = status ?? 1;
} else if (error.code === 'ENOENT') {
  process.stderr.write(
    'mypy is missing, so the types of the Python client are not checked: apt-get install mypy\n',
  );
  process.exitCode = process.env.CI ? 1 : 0;
} else {
  throw error;
}
