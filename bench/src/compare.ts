import { startBareRoute } from './bare-route.js';
import { runLoad } from './load-process.js';
import type { LoadResult } from './load-tally.js';
import type { Scenario } from './scenario.js';
import { type ServerSettings, startServer } from './server-process.js';

export interface CompareSettings extends ServerSettings {
  rounds: number;
  seconds: number;
  connections: number;
}

export interface Round {
  reference: LoadResult;
  ours: LoadResult;
}

export interface Comparison {
  scenario: string;
  oursPerSecond: number;
  referencePerSecond: number;
  /** Of the medians. */
  ratio: number;
  /** The lowest and the highest ratio of a single round: how far the machine can be trusted. */
  ratioRange: [number, number];
  oursP50Ms: number;
  oursP99Ms: number;
  rounds: Round[];
}

const WARMUP_MS = 1000;
/** How much faster than the fastest reference round ours may be before its queue runs dry. */
const PREFILL_MARGIN = 2;

/**
 * Measures both sides turn by turn in one run, so that whatever else slows the machine down for a
 * while slows both, and takes medians, so that one bad round does not count.
 */
export async function compare(
  scenario: Scenario,
  settings: CompareSettings,
  progress: (line: string) => void,
): Promise<Comparison> {
  const rounds: Round[] = [];
  while (rounds.length < settings.rounds) {
    const round = await runRound(scenario, settings, rounds);
    rounds.push(round);
    progress(roundLine(scenario.name, rounds.length, round));
  }
  return summarise(scenario.name, rounds);
}

/**
 * Each round has processes of its own: a Node process keeps for its whole life a speed that
 * differs from the next one's by a quarter, so one pair would measure that luck in every round.
 */
async function runRound(
  scenario: Scenario,
  settings: CompareSettings,
  earlier: readonly Round[],
): Promise<Round> {
  const server = await startServer(settings);
  try {
    const { requests, refuseText, referenceAnswers, prefill } = await scenario.prepare(server);
    const job = {
      requests,
      connections: settings.connections,
      warmupMs: WARMUP_MS,
      durationMs: settings.seconds * 1000,
      ...(refuseText !== undefined && { refuseText }),
    };
    const bareRoute = await startBareRoute(referenceAnswers);
    const reference = await runLoad({ ...job, port: bareRoute.port }).finally(bareRoute.stop);
    const answered = [...earlier.map((round) => round.reference.answered), reference.answered];
    await prefill?.(Math.max(...answered) * PREFILL_MARGIN);
    const ours = await runLoad({ ...job, port: server.port });
    return { reference, ours };
  } finally {
    await server.stop();
  }
}

function summarise(scenario: string, rounds: Round[]): Comparison {
  const oursPerSecond = median(rounds.map(({ ours }) => ours.requestsPerSecond));
  const referencePerSecond = median(rounds.map(({ reference }) => reference.requestsPerSecond));
  const ratios = rounds.map(
    ({ ours, reference }) => ours.requestsPerSecond / reference.requestsPerSecond,
  );
  return {
    scenario,
    oursPerSecond,
    referencePerSecond,
    ratio: oursPerSecond / referencePerSecond,
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
    oursP50Ms: median(rounds.map(({ ours }) => ours.p50Ms)),
    oursP99Ms: median(rounds.map(({ ours }) => ours.p99Ms)),
    rounds,
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

function roundLine(name: string, round: number, { ours, reference }: Round): string {
  const rate = (result: LoadResult) => Math.round(result.requestsPerSecond);
  return (
    `${name} round ${round}: ours ${rate(ours)}/s, reference ${rate(reference)}/s ` +
    `(generator used ${ours.cpuShare.toFixed(2)} and ${reference.cpuShare.toFixed(2)} of a core)`
  );
}
