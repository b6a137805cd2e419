import { parseArgs } from 'node:util';
import type { FaultKind } from './kinds/fault-kind.js';
import { FAULT_KINDS } from './kinds/index.js';
import { PLANT_NAMES, type PlantName } from './planted/planted-faults.js';

const ALL = 'all';

export const HELP = `Injects faults into millrace under load, round after round, and checks that it kept its promises.

  npm run test:faults -- [options]

  --kind NAME     the kind of fault, see below, or all (default: kill)
  --rounds N      number of rounds (default: 20)
  --seed S        seed of the run's decisions (default: random; always printed)
  --store STORE   sqlite (in a new folder), postgres (a new server), or an existing one by
                  its postgres:// url (default: all that the kind supports; sqlite without a kind)
  --nodes N       nodes over one store (default: 1 on sqlite, which allows no more; on postgres
                  as listed below)
  --keep          keep the data folder (sqlite only)
  --ledger FILE   write every call and answer to this file, one JSON object per line
  --plant NAME    falsify the ledger before the check, which must then report violations
  --help          print this text

  Kinds, with their number of nodes on postgres:
${FAULT_KINDS.map(describe).join('\n')}

  Names for --plant: ${PLANT_NAMES.join(', ')}

  Exit code: 0 no violation, 1 violations, 2 the run failed.
`;

function describe({ name, about, stores, nodes }: FaultKind): string {
  const only = stores.length === 1 ? `, ${stores[0]} only` : '';
  return `    ${name.padEnd(17)} ${about} (${nodes}${only})`;
}

export interface CommandLine {
  readonly help: boolean;
  readonly runs: readonly FaultsRun[];
  readonly rounds: number;
  readonly seed: number;
  readonly keep: boolean;
  readonly ledgerPath: string | undefined;
  readonly plant: PlantName | undefined;
}

export interface FaultsRun {
  readonly kind: FaultKind;
  /** `sqlite`, `postgres`, or a url. */
  readonly store: string;
  readonly nodes: number;
}

export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      kind: { type: 'string' },
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      store: { type: 'string' },
      nodes: { type: 'string' },
      keep: { type: 'boolean', default: false },
      ledger: { type: 'string' },
      plant: { type: 'string' },
    },
  });
  return {
    help: values.help,
    runs:
      values.kind === undefined
        ? runsOf('kill', values.store ?? 'sqlite', values.nodes)
        : runsOf(values.kind, values.store, values.nodes),
    rounds: wholeNumber('--rounds', values.rounds, 1),
    seed: wholeNumber('--seed', values.seed, 0),
    keep: values.keep,
    ledgerPath: values.ledger,
    plant: plantName(values.plant),
  };
}

function runsOf(
  kindName: string,
  store: string | undefined,
  nodes: string | undefined,
): readonly FaultsRun[] {
  if (store !== undefined && !/^(sqlite$|postgres$|postgres(ql)?:\/\/)/.test(store)) {
    throw new TypeError('--store takes sqlite, postgres or a postgres:// url');
  }
  const kinds = FAULT_KINDS.filter(({ name }) => kindName === ALL || kindName === name);
  if (kinds.length === 0) {
    const names = FAULT_KINDS.map(({ name }) => name).join(', ');
    throw new TypeError(`--kind takes one of ${names}, ${ALL}`);
  }
  const runs = kinds.flatMap((kind) => {
    const stores = store === undefined ? kind.stores : isFor(kind, store) ? [store] : [];
    return stores.map((name) => ({ kind, store: name, nodes: nodesOf(kind, name, nodes) }));
  });
  if (runs.length === 0) throw new TypeError(`${kindName} does not support this --store`);
  return runs;
}

const isFor = ({ stores }: FaultKind, store: string): boolean =>
  stores.includes(store === 'sqlite' ? store : 'postgres');

function nodesOf(kind: FaultKind, store: string, given: string | undefined): number {
  const usual = store === 'sqlite' ? 1 : kind.nodes;
  const nodes = given === undefined ? usual : wholeNumber('--nodes', given, 1);
  if (store === 'sqlite' && nodes > 1) throw new TypeError('SQLite allows one node only');
  return nodes;
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
