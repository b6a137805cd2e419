import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../harness/free-port.js';
import { runInOneShell } from './shell-session.js';
import { isShown, type Step, stepsOf } from './steps.js';

/** The default port of a server, which the README shows. */
const USUAL_PORT = '8080';
/** Its output is npm's and is not compared. */
const INSTALL = 'npm ci\n';

export interface FollowOptions {
  readonly folder: string;
  readonly withinMs: number;
  readonly environment?: Record<string, string>;
}

export const readmeSteps = async (checkout: string): Promise<Step[]> =>
  stepsOf(await readFile(join(checkout, 'README.md'), 'utf8'));

export const installsPackages = ({ command }: Step): boolean => command === INSTALL;

/**
 * Runs the steps unchanged, except that the environment chooses a port that is free on this machine.
 * Returns every difference from what the README shows.
 */
export async function follow(
  steps: readonly Step[],
  { folder, withinMs, environment = {} }: FollowOptions,
): Promise<string[]> {
  const port = String(await freePort());
  const results = await runInOneShell(
    steps.map(({ command }) => command),
    {
      folder,
      withinMs,
      environment: { ...plainEnvironment(), MILLRACE_PORT: port, ...environment },
    },
  );
  return steps.flatMap((step, index) => {
    const { status, printed } = results[index] ?? { status: undefined, printed: '' };
    const shown = step.output.replaceAll(USUAL_PORT, port);
    if (status === 0 && (installsPackages(step) || isShown(shown, printed))) return [];
    const ended = status === undefined ? 'it did not end' : `it ended with ${status}`;
    return [`${step.command}\n${ended} and printed:\n${printed}\nThe README shows:\n${shown}`];
  });
}

/** The environment without the variables that npm sets for its scripts and without server settings. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !/^(npm_|MILLRACE)/i.test(name)));
}
