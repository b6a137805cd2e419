import { type Machine, machineText } from '../../report/machine.js';
import { markdownTable } from '../../report/markdown-table.js';
import { FIGURE_HEADS, figureCells } from '../../report/peers-file.js';
import type { PeersSettings } from '../options.js';
import type { ScenarioName } from '../peer.js';
import type { Outcome } from '../run/rounds.js';
import type { Disk } from './disk.js';
import { labelOf } from './rows.js';
import { summarise } from './summary.js';
import { REPORTED, TITLES } from './titles.js';

/** The rows that all others are compared with. */
const OURS = ['millrace-sqlite', 'millrace-postgres'] as const;

/** What a run of the peers was made with. */
export interface PeersEnvironment extends PeersSettings, Machine, Disk {}

export function markdownReport(
  environment: PeersEnvironment,
  outcomes: readonly Outcome[],
): string {
  return [
    environmentText(environment),
    ...REPORTED.filter((name) => outcomes.some(({ scenarios }) => scenarios[name])).map(
      (name) => `## ${TITLES[name]}\n\n${scenarioTable(name, outcomes)}`,
    ),
    `## What was measured\n\n${peersText(outcomes)}`,
  ].join('\n\n');
}

export function environmentText(of: PeersEnvironment): string {
  return [
    `${machineText(of)} Writing and syncing 4 KiB: ${of.fsyncMs.toFixed(2)} ms.`,
    ...(of.isInMemory ? ['THE DATA IS ON A MEMORY FILE SYSTEM, where fsync costs nothing.'] : []),
    `Medians of ${of.rounds} rounds of ${of.seconds} s, ${of.concurrency} calls under way, payloads of`,
    `${of.payloadBytes} bytes; servers and clients share the cores.`,
  ].join('\n');
}

function scenarioTable(name: ScenarioName, outcomes: readonly Outcome[]): string {
  const ours = OURS.map((peerName) => {
    const own = outcomes.find(({ peer }) => peer.name === peerName)?.scenarios[name];
    return own && summarise(own)?.perSecond;
  });
  return markdownTable(
    ['peer', ...FIGURE_HEADS, ...OURS.map((peerName) => `${peerName} / peer`)],
    outcomes.flatMap((outcome) => scenarioRow(name, outcome, ours)),
  );
}

function scenarioRow(
  name: ScenarioName,
  { peer, scenarios }: Outcome,
  ours: readonly (number | undefined)[],
): string[][] {
  const scenario = scenarios[name];
  if (scenario === undefined) return [];
  const label = labelOf(peer.name, name, scenario.size);
  const summary = summarise(scenario);
  if (summary === undefined) {
    return [[label, `error: ${oneLine(scenario.error ?? 'no round')}`, '', '', '', '']];
  }
  const ratios = ours.map((own) => (own === undefined ? '' : (own / summary.perSecond).toFixed(2)));
  return [[label, ...figureCells(summary), ...ratios]];
}

/** How each peer was used, and which ones are missing. */
function peersText(outcomes: readonly Outcome[]): string {
  const measured = outcomes.filter(({ unavailable }) => unavailable === undefined);
  const missing = outcomes.filter(({ unavailable }) => unavailable !== undefined);
  const heads = [
    'peer',
    'server',
    'durable when',
    'does less',
    'client and settings',
    'batches',
    'handles by',
  ];
  const table = markdownTable(
    heads,
    measured.map(({ peer, version = '' }) => [
      peer.name,
      version,
      peer.durability,
      peer.less ?? '',
      peer.usage,
      peer.batch ? `${peer.batch.size}: ${peer.batch.calls}` : 'it has none',
      peer.work ?? '',
    ]),
    [...heads.keys()],
  );
  const list = missing.map(({ peer, unavailable }) => `- ${peer.name}: ${unavailable}`);
  return list.length === 0 ? table : `${table}\n\nNot measured:\n\n${list.join('\n')}`;
}

const oneLine = (text: string): string =>
  text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300);
