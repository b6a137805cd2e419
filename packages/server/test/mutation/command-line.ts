import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

const SOURCES = 'packages/server/src';

/** What is mutated, and checked by suites of its own: files by their names, in their folders. */
const AREAS = {
  core: {
    'core/queue':
      /^(message-state|transitions|settling|fifo|replay|idempotency|queue-settings|push-subscription)$/,
    'core/dead-letters': /./,
    'core/limits': /^(storage-limits|admission|record-room)$/,
    'core/engine': /^(queue-service|long-poll)$/,
  },
  http: {
    'http/routes': /./,
    'http/body': /^body$/,
    'http/validation': /^(validation|cursor|time)$/,
    http: /^(call|register-route|read-call)$/,
  },
} as const;
export type Area = keyof typeof AREAS;

export const HELP = `Changes the decisions of the queue and the routes, one small change at a time, and tells which of
the changes no fast suite notices: those on SQLite, in this process, over the sources.

  npm run test:mutation -- [options]

  --area AREA     core (the decisions) or http (the routes and what reads their calls); both
  --only NAME     this file alone, such as settling or publish (repeatable)
  --anew          also what the last run has checked and has not changed since
  --static        constants of modules as well, each of which takes a run of all suites
  --help          this text

  It runs at the lowest priority and takes hours for all; the last results, by area, lie in
  reports/mutation. Exit code: 0 unless the run could not be made.
`;

export interface CommandLine {
  readonly help: boolean;
  /** The files to mutate, by area; none of an area that is left out. */
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
  if (files.size === 0) throw new TypeError('--only takes names of files that are mutated');
  return { help, files, anew, statics: values.static };
}

function filesOf(area: Area): string[] {
  return Object.entries(AREAS[area]).flatMap(([folder, names]) =>
    readdirSync(`${SOURCES}/${folder}`)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .filter((file) => names.test(file.slice(0, -'.ts'.length)))
      .map((file) => `${SOURCES}/${folder}/${file}`),
  );
}

const isChosen = (file: string, only: readonly string[]): boolean =>
  only.length === 0 || only.some((name) => file.endsWith(`/${name}.ts`));
