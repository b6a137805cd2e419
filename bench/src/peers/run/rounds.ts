import { payloadOf } from '../../calls/publish-call.js';
import { roundLimits } from '../../comparison/compare.js';
import type { PeersSettings } from '../options.js';
import { NotAvailable, type Peer, type PeerServer, type ScenarioName } from '../peer.js';
import { type ClientJob, type ClientResult, runClient } from './client-job.js';
import type { Places } from './place.js';
import { fillFor } from './work-fill.js';

/** In this order, so that the messages that stay lie in nobody's way, or in that of the last ones. */
const ORDER: readonly ScenarioName[] = ['cycle', 'batch-cycle', 'publish', 'work', 'batch-publish'];

/** What a run found out about one peer. */
export interface Outcome {
  peer: Peer;
  /** Undefined until it was started once. */
  version?: string;
  /** Why it cannot be measured on this machine. */
  unavailable?: string;
  scenarios: Partial<Record<ScenarioName, ScenarioOutcome>>;
}

export interface ScenarioOutcome {
  /** Messages in a unit. */
  size: number;
  rounds: ClientResult[];
  /** The first error; it makes the rounds worthless, and no further round is run. */
  error?: string;
}

export interface Run {
  selected: readonly Peer[];
  scenarios: readonly ScenarioName[];
  settings: PeersSettings;
  places: Places;
  progress(line: string): void;
}

/** Every peer once in each round, so that whatever slows the machine down for a while slows all. */
export async function runRounds(run: Run): Promise<Outcome[]> {
  const outcomes = run.selected.map((peer): Outcome => ({ peer, scenarios: {} }));
  for (let round = 1; round <= run.settings.rounds; round += 1) {
    for (const outcome of outcomes) {
      if (outcome.unavailable === undefined) await takeTurn(run, outcome, round);
    }
  }
  return outcomes;
}

/** A turn has a server of its own: no peer works beside another, or on what an earlier round left. */
async function takeTurn(run: Run, outcome: Outcome, round: number): Promise<void> {
  const { peer, scenarios } = outcome;
  const left = ORDER.filter(
    (name) =>
      run.scenarios.includes(name) && has(peer, name) && scenarios[name]?.error === undefined,
  );
  if (left.length === 0) return;
  await run.places.use(async (place) => {
    try {
      const server = await peer.start(place);
      outcome.version = server.version;
      try {
        for (const name of left) await measure(run, outcome, server, name, round);
      } finally {
        await server.stop();
      }
    } catch (error) {
      if (error instanceof NotAvailable) outcome.unavailable = error.message;
      else for (const name of left) fail(outcome, name, error);
      run.progress(`${peer.name}: ${messageOf(error)}`);
    }
  });
}

function has({ batch, work }: Peer, scenario: ScenarioName): boolean {
  if (scenario === 'work') return work !== undefined;
  return !isOfBatches(scenario) || batch !== undefined;
}

const isOfBatches = (scenario: ScenarioName): boolean =>
  scenario !== 'publish' && scenario !== 'cycle';

async function measure(
  { settings, progress }: Run,
  outcome: Outcome,
  server: PeerServer,
  scenario: ScenarioName,
  round: number,
): Promise<void> {
  const { peer } = outcome;
  const of = scenarioOf(outcome, scenario);
  const job: ClientJob = {
    peer: peer.name,
    address: server.address,
    serverPids: server.pids,
    scenario,
    concurrency: settings.concurrency,
    payload: payloadOf(settings.payloadBytes),
    batchSize: peer.batch?.size ?? 1,
    unitSize: of.size,
    fillCount: 0,
    ...roundLimits(settings),
  };
  try {
    const fillCount = scenario === 'work' ? await fillFor(job, of.rounds, runClient) : 0;
    const result = await runClient({ ...job, fillCount });
    of.rounds.push(result);
    const rate = Math.round(result.perSecond * of.size);
    progress(`round ${round}: ${peer.name} ${scenario} ${rate} messages/s`);
  } catch (error) {
    fail(outcome, scenario, error);
    progress(`round ${round}: ${peer.name} ${scenario} failed: ${messageOf(error)}`);
  }
}

function scenarioOf({ peer, scenarios }: Outcome, name: ScenarioName): ScenarioOutcome {
  const size = isOfBatches(name) ? (peer.batch?.size ?? 1) : 1;
  const known = scenarios[name] ?? { size, rounds: [] };
  scenarios[name] = known;
  return known;
}

function fail(outcome: Outcome, name: ScenarioName, error: unknown): void {
  scenarioOf(outcome, name).error ??= messageOf(error);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);
