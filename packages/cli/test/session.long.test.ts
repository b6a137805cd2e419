import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runInOneShell } from '../../server/test/readme/shell-session.js';
import { isShown, stepsOf } from '../../server/test/readme/steps.js';
import { BIN, plainEnvironment } from './harness/cli-run.js';

const DOCUMENT = new URL('../../../docs/cli.md', import.meta.url);

test('the session of docs/cli.md runs as it stands and prints what it shows', async () => {
  const steps = stepsOf(await readFile(DOCUMENT, 'utf8'));
  const commands = steps.flatMap(({ command }) => command.match(/\bmillrace (?!listening)/g) ?? []);
  expect(commands.length).toBeGreaterThanOrEqual(30);
  const folder = mkdtempSync(join(tmpdir(), 'millrace-session-'));
  try {
    mkdirSync(join(folder, 'bin'));
    symlinkSync(BIN, join(folder, 'bin', 'millrace'));
    const plain = plainEnvironment();
    const results = await runInOneShell(
      steps.map(({ command }) => command),
      {
        folder,
        environment: { ...plain, PATH: `${join(folder, 'bin')}:${plain.PATH}` },
        withinMs: 100_000,
      },
    );
    for (const [index, { command, output }] of steps.entries()) {
      const { status, printed } = results[index] ?? { status: undefined, printed: '' };
      expect(status, `${command}\n${printed}`).toBe(0);
      if (!isShown(output, printed)) expect(printed, command).toBe(output);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
