import { parseArgs } from 'node:util';
import type { Attack } from './attack.js';
import { ATTACKS } from './attacks/index.js';

export const HELP = `Attacks millrace from outside, beside the traffic of another project that must continue.

  npm run test:hostile -- [options]

  --only NAME     run only this attack (repeatable)
  --seconds N     shortest duration of each attack (default: 1.5; with --strict: 10)
  --store STORE   sqlite or postgres, created for this run (default: sqlite)
  --strict        the long form with full numbers, in which a p99 of the other project of more than
                  three times the usual one is a violation
  --verbose       print the notes of each attack
  --help          print this text

  Attacks:
${ATTACKS.map(({ name, about }) => `    ${name.padEnd(24)}${about}`).join('\n')}

  Exit code: 0 no violation, 1 violations, 2 the run failed.
`;

export interface CommandLine {
  readonly help: boolean;
  readonly verbose: boolean;
  readonly strict: boolean;
  readonly seconds: number;
  readonly store: 'sqlite' | 'postgres';
  readonly attacks: readonly Attack[];
}

export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      store: { type: 'string', default: 'sqlite' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const { help, verbose, strict, store, only } = values;
  const seconds = Number(values.seconds ?? (strict ? 10 : 1.5));
  if (!(seconds > 0)) throw new TypeError('--seconds takes a number over 0');
  if (store !== 'sqlite' && store !== 'postgres') {
    throw new TypeError('--store takes sqlite or postgres');
  }
  const unknown = only.find((name) => !ATTACKS.some((attack) => attack.name === name));
  if (unknown !== undefined) throw new TypeError(`there is no attack ${unknown}`);
  const attacks = ATTACKS.filter(({ name }) => only.length === 0 || only.includes(name));
  return { help, verbose, strict, seconds, store, attacks };
}
