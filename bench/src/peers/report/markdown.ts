import type { PeersSettings } from '../options.js';
import type { ScenarioName } from '../peer.js';
import type { Outcome } from '../run/rounds.js';
import type { Machine } from './machine.js';
import { labelOf } from './rows.js';
import { type Summary, summarise } from './summary.js';
import { TITLES } from './titles.js';

/** The rows that all others are compared with. */
const OURS = ['millrace-sqlite', 'millrace-postgres'] as const;

export function markdownReport(
  machine: Machine,
  settings: PeersSettings,
  outcomes: readonly Outcome[],
): string {
  const names = Object.keys(TITLES) as ScenarioName[];
  return [
    describeRun(machine, settings),
    ...names.map((name) => scenarioTable(name, outcomes)),
    peersTable(outcomes),
  ].join('\n\n');
}

export function describeRun(machine: Machine, settings: PeersSettings): string {
  const { node, kernel, cores, cpu, load, fsyncMs } = machine;
  const { rounds, seconds, concurrency, payloadBytes } = settings;
  return [
    `Node ${node}, Linux ${kernel}, ${cores} cores (${cpu}).`,
    `Load average before: ${load.toFixed(2)}. Writing and syncing 4 KiB: ${fsyncMs.toFixed(2)} ms.`,
    ...(machine.isInMemory
      ? ['THE DATA IS ON A MEMORY FILE SYSTEM, where fsync costs nothing.']
      : []),
    `Medians of ${rounds} rounds of ${seconds} s, ${concurrency} calls under way, payloads of`,
    `${payloadBytes} bytes; servers and clients share the cores.`,
  ].join('\n');
}

function scenarioTable(name: ScenarioName, outcomes: readonly Outcome[]): string {
  const ours = OURS.map((peerName) => {
    const outcome = outcomes.find(({ peer }) => peer.name === peerName);
    return outcome && summaryOf(outcome, name);
  });
  const heads = ['peer', 'messages/s (range of rounds)', 'p50 / p99 ms', 'CPU s per million'];
  return [
    `## ${TITLES[name]}`,
    '',
    line([...heads, ...OURS.map((peerName) => `${peerName} / peer`)]),
    line(['---', ...Array(heads.length - 1 + OURS.length).fill('---:')]),
    ...outcomes.flatMap((outcome) => scenarioRow(name, outcome, ours)),
  ].join('\n');
}

function scenarioRow(
  name: ScenarioName,
  outcome: Outcome,
  ours: readonly (Summary | undefined)[],
): string[] {
  const { peer, scenarios } = outcome;
  const scenario = scenarios[name];
  if (scenario === undefined) return [];
  const label = labelOf(peer.name, name, scenario.size);
  const summary = summarise(scenario);
  if (summary === undefined) {
    return [line([label, `error: ${oneLine(scenario.error ?? 'no round')}`, '', '', '', ''])];
  }
  const { perSecond, range, p50Ms, p99Ms, cpuSecondsPerMillion } = summary;
  const cells = [
    label,
    `${Math.round(perSecond)} (${range.map(Math.round).join('–')})`,
    `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`,
    cpuSecondsPerMillion?.toFixed(0) ?? '',
    ...ours.map((own) => (own ? (own.perSecond / perSecond).toFixed(2) : '')),
  ];
  return [line(cells)];
}

function peersTable(outcomes: readonly Outcome[]): string {
  const measured = outcomes.filter(({ unavailable }) => unavailable === undefined);
  const missing = outcomes.filter(({ unavailable }) => unavailable !== undefined);
  return [
    '## What was measured',
    '',
    line(['peer', 'server', 'durable when', 'does less', 'client and settings', 'batches']),
    line(Array(6).fill('---')),
    ...measured.map(({ peer, version = '' }) =>
      line([
        peer.name,
        version,
        peer.durability,
        peer.less ?? '',
        peer.usage,
        peer.batch ? `${peer.batch.size}: ${peer.batch.calls}` : 'it has none',
      ]),
    ),
    ...(missing.length > 0 ? ['', 'Not measured:', ''] : []),
    ...missing.map(({ peer, unavailable }) => `- ${peer.name}: ${unavailable}`),
  ].join('\n');
}

function summaryOf({ scenarios }: Outcome, name: ScenarioName): Summary | undefined {
  const scenario = scenarios[name];
  return scenario && summarise(scenario);
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const oneLine = (text: string): string =>
  text.replace(/\s+/g, ' ').replaceAll('|', '\\|').slice(0, 300);
