import { parseArgs } from 'node:util';
import { payloadBytes, positiveInteger, positiveNumber } from '../options/numbers.js';
import type { Peer, ScenarioName } from './peer.js';
import { peerNamed, peers } from './peers.js';
import { TITLES } from './report/titles.js';

/** A batch of 100 then fits into one call of every peer. */
const MAX_PAYLOAD_BYTES = 20_000;

export interface PeersSettings {
  rounds: number;
  seconds: number;
  concurrency: number;
  payloadBytes: number;
}

export interface PeersOptions {
  selected: readonly Peer[];
  scenarios: readonly ScenarioName[];
  settings: PeersSettings;
  dataDir?: string;
  jsonFile?: string;
}

export const help = `Usage: npm run bench:peers -- [options]

Measures millrace beside other message queues, which it starts and stops itself.

  --peer NAME        measure only this peer (repeatable)
  --scenario NAME    measure only this scenario (repeatable)
  --rounds N         rounds; each measures every peer once (5)
  --seconds S        measured seconds for each peer and scenario in a round (5)
  --concurrency N    calls under way at once (64)
  --payload-bytes N  size of a payload (200)
  --data-dir DIR     directory for the data of all peers (the system's directory for temporary
                     files); in a memory file system fsync costs nothing
  --json FILE        also write the numbers of every round to FILE
  --help             print this help

Scenarios:
${Object.entries(TITLES)
  .map(([name, title]) => `  ${name.padEnd(23)}${title}`)
  .join('\n')}

Peers:
${peers.map(({ name, durability }) => `  ${name.padEnd(23)}${durability}`).join('\n')}
`;

/** Throws if the arguments are wrong; `undefined` means that only the help is wanted. */
export function readOptions(args: string[]): PeersOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      peer: { type: 'string', multiple: true, default: [] },
      scenario: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      concurrency: { type: 'string', default: '64' },
      'payload-bytes': { type: 'string', default: '200' },
      'data-dir': { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const wanted = values.peer.map(peerNamed);
  const scenarios = values.scenario.map(scenarioNamed);
  return {
    selected: peers.filter((peer) => wanted.length === 0 || wanted.includes(peer)),
    scenarios: scenarios.length === 0 ? (Object.keys(TITLES) as ScenarioName[]) : scenarios,
    settings: {
      rounds: positiveInteger('rounds', values.rounds),
      seconds: positiveNumber('seconds', values.seconds),
      concurrency: positiveInteger('concurrency', values.concurrency),
      payloadBytes: payloadBytes(values['payload-bytes'], MAX_PAYLOAD_BYTES),
    },
    ...(values['data-dir'] !== undefined && { dataDir: values['data-dir'] }),
    ...(values.json !== undefined && { jsonFile: values.json }),
  };
}

function scenarioNamed(name: string): ScenarioName {
  if (Object.hasOwn(TITLES, name)) return name as ScenarioName;
  throw new Error(`--scenario ${name} is not known; known: ${Object.keys(TITLES).join(', ')}`);
}
