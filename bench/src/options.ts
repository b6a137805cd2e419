import { parseArgs } from 'node:util';
import type { CompareSettings } from './compare.js';
import type { Scenario } from './scenario.js';
import { scenarios } from './scenarios/index.js';

export interface Options {
  selected: Scenario[];
  settings: CompareSettings;
  jsonFile?: string;
}

export const help = `Usage: npm run bench -- [options]

  --scenario NAME    run only this one (repeatable)
  --rounds N         rounds per scenario (5)
  --seconds S        measured seconds per round and side (2)
  --connections N    keep-alive connections (64)
  --store URL        a store other than a new SQLite file
  --data-dir DIR     where that SQLite file is made (the system's directory for temporary files)
  --json FILE        also write every round's numbers to FILE
  --help

Scenarios:
${scenarios.map(({ name, summary }) => `  ${name.padEnd(24)}${summary}`).join('\n')}

Environment: BENCH_NODE_FLAGS is handed to the server's node, for example
"--cpu-prof --cpu-prof-dir=./profiles".
`;

/** Throws what is wrong with the arguments; `undefined` means that only the help is wanted. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      scenario: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      connections: { type: 'string', default: '64' },
      store: { type: 'string' },
      'data-dir': { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    selected: selectScenarios(values.scenario),
    settings: {
      rounds: positive('rounds', values.rounds),
      seconds: positive('seconds', values.seconds, Number.isFinite),
      connections: positive('connections', values.connections),
      ...(values.store !== undefined && { storeUrl: values.store }),
      ...(values['data-dir'] !== undefined && { dataDir: values['data-dir'] }),
    },
    ...(values.json !== undefined && { jsonFile: values.json }),
  };
}

function selectScenarios(names: string[]): Scenario[] {
  const known = scenarios.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}; known: ${known.join(', ')}`);
  return scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
}

function positive(name: string, text: string, isAllowed = Number.isInteger): number {
  const value = Number(text);
  if (!(value > 0) || !isAllowed(value)) throw new Error(`--${name} cannot be ${text}`);
  return value;
}
