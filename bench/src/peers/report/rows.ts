import type { PeerRow } from '../../report/peers-file.js';
import type { ScenarioName } from '../peer.js';
import type { Outcome } from '../run/rounds.js';
import { summarise } from './summary.js';
import { REPORTED, TITLES } from './titles.js';

/** The name of a peer in a table; a batch has its size with it. */
export const labelOf = (peer: string, scenario: ScenarioName, size: number): string =>
  scenario.startsWith('batch-') ? `${peer} (${size})` : peer;

/** The rows that `bench:report` reads. A peer without a valid round has none. */
export const rowsOf = (outcomes: readonly Outcome[]): PeerRow[] =>
  REPORTED.flatMap((name) => outcomes.flatMap((outcome) => rowOf(outcome, name)));

function rowOf({ peer, scenarios }: Outcome, name: ScenarioName): PeerRow[] {
  const scenario = scenarios[name];
  const summary = scenario && summarise(scenario);
  if (scenario === undefined || summary === undefined) return [];
  return [
    {
      ...summary,
      peer: labelOf(peer.name, name, scenario.size),
      isOurs: peer.name.startsWith('millrace'),
      operation: TITLES[name],
      durability: peer.durability,
      ...(peer.less !== undefined && { less: peer.less }),
    },
  ];
}
