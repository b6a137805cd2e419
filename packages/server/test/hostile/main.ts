import { type CommandLine, HELP, parseCommandLine } from './command-line.js';
import { HEADING, lineOf } from './report.js';
import { runAttack } from './run-attack.js';
import { openStores } from './stores-for-attacks.js';

const USUAL_SECONDS = { short: 0.8, long: 5 };

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Failure {
  readonly name: string;
  readonly violations: readonly string[];
}

/** Runs the attacks. @returns the exit code */
async function run(options: CommandLine): Promise<number> {
  const { strict, seconds, verbose } = options;
  const stores = await openStores(options.store);
  const failed: Failure[] = [];
  try {
    print(HEADING);
    for (const attack of options.attacks) {
      const { name } = attack;
      const storeUrl = await stores.newUrl();
      const usualSeconds = strict ? USUAL_SECONDS.long : USUAL_SECONDS.short;
      try {
        const row = await runAttack(attack, { storeUrl, seconds, usualSeconds, strict });
        print(lineOf(row));
        if (verbose) for (const note of row.notes) print(`    ${note}`);
        if (row.violations.length > 0) failed.push(row);
      } catch (error) {
        print(`${name}: the attack could not be run`);
        failed.push({ name, violations: [(error as Error).message] });
      }
    }
  } finally {
    await stores.remove();
  }
  for (const failure of failed) printViolations(failure, options);
  print(failed.length === 0 ? 'no violations' : `${failed.length} attacks with violations`);
  return failed.length === 0 ? 0 : 1;
}

function printViolations(
  { name, violations }: Failure,
  { store, strict, seconds }: CommandLine,
): void {
  print('');
  for (const violation of violations) print(`VIOLATION ${name}: ${violation}`);
  const more = `${store === 'sqlite' ? '' : ` --store ${store}`}${strict ? ' --strict' : ''}`;
  print(`to repeat: npm run test:hostile -- --only ${name} --seconds ${seconds}${more}`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2));

try {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.help) print(HELP);
  else process.exitCode = await run(options);
} catch (error) {
  const usage = error instanceof TypeError;
  process.stderr.write(usage ? `${error.message}\n\n${HELP}` : `${(error as Error).stack}\n`);
  process.exitCode = 2;
}
