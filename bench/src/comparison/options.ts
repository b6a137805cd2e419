import { parseArgs } from 'node:util';
import { payloadBytes, positiveInteger, positiveNumber } from '../options/numbers.js';
import { readStores, STORE_OPTIONS } from '../options/stores.js';
import { ladder, scenarios } from '../scenarios/index.js';
import { isKind, type StoresSettings } from '../servers/stores.js';
import type { BenchSettings, Scenario } from './scenario.js';

export interface Options {
  selected: readonly Scenario[];
  settings: BenchSettings;
  stores: StoresSettings;
  jsonFile?: string;
  plotsFolder?: string;
}

export const help = `Usage: npm run bench -- [options]

  --scenario NAME    run only this scenario (repeatable), or "all"; without it, the ladder
  --rounds N         rounds per scenario (3)
  --seconds S        measured seconds per round and side (3), or of the run of pauses (600)
  --connections N    keep-alive connections, or concurrent calls of a library, of the scenarios that
                     name no other number (64)
  --payload-bytes N  payload of a message (200)
  --queues N         queues, in turn, of consume, ack, sqlite-cycle, postgres-cycle-vs-sqlite,
                     latency-at-rate and pauses (1), and of consoles (10000)
  --idempotency-keys a new idempotency key in each request of publish-*
  --store STORE      for publish-*, consume, ack, batch-publish-N, batch-cycle-N, latency-at-rate,
                     pauses, backlog, push-vs-undici, push-isolation and consoles: sqlite (the
                     default) or postgres, with a new store for each round, or (not for backlog) the URL of a
                     store that is used as it is
  --postgres URL     create the databases on this server, with a role that may do so; without it,
                     a PostgreSQL from npm is started when one is needed, and removed
  --data-dir DIR     directory for files (the system's directory for temporary files)
  --backlog N        messages that wait on the large side of backlog and mixed-backlog, behind
                     the head of fifo-blocked or in the queues of consoles, or are purged in
                     purge-million (1000000)
  --json FILE        also write the numbers of every round to FILE
  --plots DIR        draw the figures as SVG files into DIR
  --count-statements let PostgreSQL count its statements, which costs it some time
  --help             print this help

The ladder, all rounds interleaved, takes about ten minutes:
${list(ladder)}

Other scenarios:
${list(scenarios.filter((scenario) => !ladder.includes(scenario)))}

Environment: BENCH_NODE_FLAGS is passed to the server's node, for example
"--cpu-prof --cpu-prof-dir=./profiles".
`;

/** Throws if the arguments are wrong; `undefined` means that only the help is wanted. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      scenario: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string' },
      connections: { type: 'string', default: '64' },
      'payload-bytes': { type: 'string', default: '200' },
      queues: { type: 'string' },
      'idempotency-keys': { type: 'boolean', default: false },
      store: { type: 'string', default: 'sqlite' },
      ...STORE_OPTIONS,
      backlog: { type: 'string', default: '1000000' },
      'count-statements': { type: 'boolean', default: false },
      json: { type: 'string' },
      plots: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  if (!isKind(values.store) && !values.store.includes(':')) {
    throw new Error(`--store must be sqlite, postgres or a URL, not ${values.store}`);
  }
  return {
    selected: selectScenarios(values.scenario),
    settings: {
      rounds: positiveInteger('rounds', values.rounds),
      seconds: positiveNumber('seconds', values.seconds ?? '3'),
      pauseSeconds: positiveNumber('seconds', values.seconds ?? '600'),
      connections: positiveInteger('connections', values.connections),
      payloadBytes: payloadBytes(values['payload-bytes']),
      queues: positiveInteger('queues', values.queues ?? '1'),
      consoleQueues: positiveInteger('queues', values.queues ?? '10000'),
      idempotencyKeys: values['idempotency-keys'],
      backlog: positiveInteger('backlog', values.backlog),
    },
    stores: {
      ...readStores(values.store, values),
      countsStatements: values['count-statements'],
    },
    ...(values.json !== undefined && { jsonFile: values.json }),
    ...(values.plots !== undefined && { plotsFolder: values.plots }),
  };
}

function list(of: readonly Scenario[]): string {
  return of.map(({ name, summary }) => `  ${name.padEnd(29)}${summary}`).join('\n');
}

function selectScenarios(names: string[]): readonly Scenario[] {
  if (names.length === 0) return ladder;
  if (names.includes('all')) return scenarios;
  const known = scenarios.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`--scenario ${unknown} is not known; known: all, ${known.join(', ')}`);
  return scenarios.filter(({ name }) => names.includes(name));
}
