import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { type Area, type CommandLine, HELP, parseCommandLine } from './command-line.js';

/** Mutates the files of an area. @returns the exit code */
async function mutate(
  area: Area,
  files: readonly string[],
  { anew, statics }: CommandLine,
): Promise<number> {
  const args = ['stryker', 'run', '--incremental', '--mutate', files.join(',')];
  if (anew) args.push('--force');
  const stryker = spawn('npx', args, {
    stdio: 'inherit',
    env: {
      ...process.env,
      MILLRACE_MUTATION: area,
      ...(statics && { MILLRACE_MUTATION_STATIC: '1' }),
    },
  });
  const [code] = await once(stryker, 'exit');
  return code ?? 2;
}

async function main(): Promise<number> {
  let options: CommandLine;
  try {
    options = parseCommandLine(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  // Child processes inherit it: the run is long, and nobody waits for it.
  setPriority(constants.priority.PRIORITY_LOW);
  for (const [area, files] of options.files) {
    const code = await mutate(area, files, options);
    if (code !== 0) return 2;
  }
  return 0;
}

process.exitCode = await main();
