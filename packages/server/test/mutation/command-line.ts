import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

const SOURCES = 'packages/server/src';

/** The mutated files, by name within their folders; separate suites check each area. */
const AREAS = {
  core: {
    'core/commands': ['idempotency', 'replay', 'settling-commands'],
    'core/queue': [
      'fifo',
      'leases',
      'message-state',
      'publishing',
      'push-subscription',
      'queue-settings',
      'settling',
      'transitions',
    ],
    'core/dead-letters': 'all',
    'core/limits': ['admission', 'record-room', 'storage-limits'],
    'core/engine': ['consuming', 'long-poll', 'queue-service', 'queue-waiters'],
  },
  http: {
    'http/routes': 'all',
    'http/body': ['body'],
    'http/validation': ['cursor', 'time', 'validation'],
    http: ['call', 'read-call', 'register-route'],
  },
} as const;
export type Area = keyof typeof AREAS;

export const HELP = `Changes the code of the queue and the routes, one small change at a time, and reports the changes
that no fast suite notices: the suites on SQLite, in this process, over the sources.

  npm run test:mutation -- [options]

  --area AREA     core (the decisions) or http (the routes and the reading of calls) (default: both)
  --only NAME     only this file, such as settling or publish (repeatable)
  --anew          check again what is unchanged since the last run
  --static        mutate constants of modules, too, each of which needs a run of all suites
  --help          print this text

  It runs at the lowest priority and takes hours for all; the last results, by area, are in
  reports/mutation. Exit code: 0 unless the run failed.
`;

export interface CommandLine {
  readonly help: boolean;
  /** The files to mutate, by area; an area that is left out has none. */
  readonly files: ReadonlyMap<Area, readonly string[]>;
  readonly anew: boolean;
  readonly statics: boolean;
}

export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      area: { type: 'string', multiple: true, default: Object.keys(AREAS) },
      only: { type: 'string', multiple: true, default: [] },
      anew: { type: 'boolean', default: false },
      static: { type: 'boolean', default: false },
    },
  });
  const { help, area, only, anew } = values;
  const files = new Map<Area, string[]>();
  for (const name of area) {
    if (!(name in AREAS)) throw new TypeError(`--area takes ${Object.keys(AREAS).join(' or ')}`);
    const chosen = filesOf(name as Area).filter((file) => isChosen(file, only));
    if (chosen.length > 0) files.set(name as Area, chosen);
  }
  if (files.size === 0) throw new TypeError('--only takes names of mutated files');
  return { help, files, anew, statics: values.static };
}

function filesOf(area: Area): string[] {
  const folders = Object.entries<'all' | readonly string[]>(AREAS[area]);
  return folders.flatMap(([folder, names]) => {
    const present = readdirSync(`${SOURCES}/${folder}`)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => file.slice(0, -'.ts'.length));
    const missing = names === 'all' ? [] : names.filter((name) => !present.includes(name));
    if (missing.length > 0)
      throw new Error(`${folder} has no ${missing.join(', ')}: was it moved?`);
    return (names === 'all' ? present : names).map((name) => `${SOURCES}/${folder}/${name}.ts`);
  });
}

const isChosen = (file: string, only: readonly string[]): boolean =>
  only.length === 0 || only.some((name) => file.endsWith(`/${name}.ts`));
