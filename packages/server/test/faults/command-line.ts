import { parseArgs } from 'node:util';
import { PLANT_NAMES, type PlantName } from './planted-faults.js';

export const HELP = `Kills millrace under load, again and again, and checks that it kept its promises.

  npm run test:faults -- [options]

  --rounds N      how often to kill and restart (20)
  --seed S        seed of the run's decisions (random; always printed)
  --store STORE   sqlite (in a folder of its own), postgres (one of its own), or the one that
                  a postgres:// url names (sqlite)
  --nodes N       nodes over one store (1 on sqlite, which takes no more; 3 on postgres)
  --keep          keep the data folder (sqlite only)
  --ledger FILE   write every call and answer there, one JSON object a line
  --plant NAME    falsify the ledger before the check, which must then fail
  --help          this text

  Faults to plant: ${PLANT_NAMES.join(', ')}

  Exit code: 0 no violation, 1 violations, 2 the run could not be made.
`;

export interface CommandLine {
  readonly help: boolean;
  readonly rounds: number;
  readonly seed: number;
  readonly store: string;
  readonly nodes: number;
  readonly keep: boolean;
  readonly ledgerPath: string | undefined;
  readonly plant: PlantName | undefined;
}

export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      store: { type: 'string', default: 'sqlite' },
      nodes: { type: 'string' },
      keep: { type: 'boolean', default: false },
      ledger: { type: 'string' },
      plant: { type: 'string' },
    },
  });
  const { store } = values;
  const nodes = wholeNumber('--nodes', values.nodes ?? (store === 'sqlite' ? '1' : '3'), 1);
  if (!/^(sqlite$|postgres$|postgres(ql)?:\/\/)/.test(store)) {
    throw new TypeError('--store takes sqlite, postgres or a postgres:// url');
  }
  if (store === 'sqlite' && nodes > 1) throw new TypeError('SQLite takes one node');
  return {
    help: values.help,
    rounds: wholeNumber('--rounds', values.rounds, 1),
    seed: wholeNumber('--seed', values.seed, 0),
    store,
    nodes,
    keep: values.keep,
    ledgerPath: values.ledger,
    plant: plantName(values.plant),
  };
}

function wholeNumber(option: string, text: string, atLeast: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < atLeast) {
    throw new TypeError(`${option} takes a whole number from ${atLeast}, not ${text}`);
  }
  return value;
}

function plantName(text: string | undefined): PlantName | undefined {
  const name = PLANT_NAMES.find((known) => known === text);
  if (text !== undefined && name === undefined) {
    throw new TypeError(`--plant takes one of ${PLANT_NAMES.join(', ')}`);
  }
  return name;
}
