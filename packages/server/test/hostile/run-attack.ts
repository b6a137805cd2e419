import { pause } from '../faults/load/pause.js';
import type { Attack, AttackJob } from './attack.js';
import { AttackerProcess } from './attacker-process.js';
import { ServerUnderAttack } from './server-under-attack.js';
import { type Measured, Victim } from './victim.js';

export interface RunOptions {
  readonly storeUrl: string;
  readonly seconds: number;
  /** How long the usual latency is measured. */
  readonly usualSeconds: number;
  readonly strict: boolean;
}

/** The observed behaviour of the server and of the other project. */
interface Seen {
  readonly usual: Measured;
  readonly during: Measured;
  readonly lives: boolean;
  /** The server stopped correctly when asked to. */
  readonly inOrder: boolean;
  /** Undefined when the server does not report it. */
  readonly bytesBack: boolean | undefined;
  readonly peakRssBytes: number;
  readonly peakHeapBytes: number;
}

/** The results of one attack. */
export interface Row extends Seen {
  readonly name: string;
  readonly violations: readonly string[];
  readonly notes: readonly string[];
}

const VICTIM_QUEUE = 'work';
const WARM_UP_MS = 400;
const RATIO_MAX = 3;
/** On a quiet machine the usual latency is so short that three times of it is negligible. */
const RATIO_FLOOR_MS = 5;
/** The heap's limit, the bytes in flight by default, and the same again for everything else. */
const RSS_MAX_BYTES = 1_536 * 1_048_576;
const BYTES_BACK_WITHIN_MS = 2_000;
/** The answer to this very request is in flight. */
const BYTES_TOLERANCE = 64 * 1_024;
const REFUSALS_SHOWN = 3;

/** Runs one attack on a separate server, beside the traffic of another project. */
export async function runAttack(attack: Attack, options: RunOptions): Promise<Row> {
  const processes = attack.processes ?? 1;
  const attackers = Array.from({ length: processes }, () => new AttackerProcess());
  const server = new ServerUnderAttack(options.storeUrl, attack.flags ?? []);
  try {
    await server.start();
    const jobs = await jobsOf(attack, options, server, processes);
    const victimKey = await server.newKey('victim');
    await server.newQueue(VICTIM_QUEUE, victimKey);
    const victim = new Victim(server.url, victimKey, server.adminKey, VICTIM_QUEUE);
    await attackers[0]?.prepare(jobs[0] as AttackJob);
    // A warm-up first: the first calls of a server are unusually slow.
    await victim.measure(pause(WARM_UP_MS));
    const usual = await victim.measure(pause(options.usualSeconds * 1_000));
    const reservedBefore = await reserved(server);
    const attacking = (async () => {
      const runs = attackers.map((attacker, n) => attacker.run(jobs[n] as AttackJob));
      const results = await Promise.all(runs);
      return { results, bytesBack: await bytesAreBack(server, reservedBefore) };
    })();
    const during = await victim.measure(attacking);
    const { results, bytesBack } = await attacking;
    await victim.close();
    await server.sample();
    const { lives, peakRssBytes, peakHeapBytes } = server;
    const inOrder = !lives || (await server.stop());
    const memory = { peakRssBytes, peakHeapBytes };
    const seen: Seen = { usual, during, lives, inOrder, bytesBack, ...memory };
    return {
      ...seen,
      name: attack.name,
      notes: results.flatMap(({ notes }) => notes),
      violations: [
        ...results.flatMap(({ violations }) => violations),
        ...violationsOf(seen, server.lastWords, options.strict),
      ],
    };
  } finally {
    for (const attacker of attackers) attacker.kill();
    await server.kill();
  }
}

async function jobsOf(
  { name, minSeconds = 0 }: Attack,
  { seconds, strict }: RunOptions,
  server: ServerUnderAttack,
  processes: number,
): Promise<AttackJob[]> {
  const attackerKey = await server.newKey('attacker');
  return Array.from({ length: processes }, (_, index) => ({
    name,
    url: server.url,
    adminKey: server.adminKey,
    attackerKey,
    seconds: Math.max(seconds, minSeconds),
    long: strict,
    index,
    processes,
  }));
}

const reserved = async (server: ServerUnderAttack): Promise<number | undefined> =>
  (await server.metrics())?.sum('millrace_reserved_bytes');

/** Whether the bytes that the attack had reserved are released soon after its end. */
async function bytesAreBack(
  server: ServerUnderAttack,
  before: number | undefined,
): Promise<boolean | undefined> {
  if (before === undefined) return undefined;
  const endAtMs = performance.now() + BYTES_BACK_WITHIN_MS;
  while (performance.now() < endAtMs) {
    const now = await reserved(server);
    if (now !== undefined && now <= before + BYTES_TOLERANCE) return true;
    await pause(50);
  }
  return false;
}

export const ratioOf = ({ usual, during }: Pick<Row, 'usual' | 'during'>): number =>
  during.p99Ms / Math.max(usual.p99Ms, RATIO_FLOOR_MS);

function violationsOf(seen: Seen, lastWords: string, strict: boolean): string[] {
  const { usual, during } = seen;
  const violations: string[] = [];
  if (!seen.lives) violations.push(`the server died: ${lastWords}`);
  if (!seen.inOrder) violations.push('the server did not stop correctly afterwards');
  const refusals = [...usual.refusals, ...during.refusals];
  if (refusals.length > 0) {
    const which = mostFrequent(refusals);
    violations.push(`${refusals.length} calls of the victim were refused: ${which}`);
  }
  if (seen.peakRssBytes > RSS_MAX_BYTES) {
    violations.push(`the process took ${Math.round(seen.peakRssBytes / 1_048_576)} MiB`);
  }
  if (seen.bytesBack === false) violations.push('reserved bytes were not released');
  if (strict && ratioOf(seen) > RATIO_MAX) {
    violations.push(`the victim's p99 grew ${ratioOf(seen).toFixed(1)} times`);
  }
  return violations;
}

function mostFrequent(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, REFUSALS_SHOWN)
    .map(([text, count]) => `${count} × ${text}`)
    .join(', ');
}
