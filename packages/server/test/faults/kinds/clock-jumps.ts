import { retryCall } from '../calls/retry-call.js';
import type { JumpingClock } from '../clocks/jumping-clock.js';
import { ShiftedDatabase } from '../clocks/shifted-database.js';
import { ShiftedProcess } from '../clocks/shifted-process.js';
import { pause } from '../load/pause.js';
import type { SeededRandom } from '../load/seeded-random.js';
import type { FaultKind, FaultRun } from './fault-kind.js';
import { holdThroughJump, publishTo } from './witnesses.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const JUMPS_MS = [HOUR_MS, -HOUR_MS, 8 * DAY_MS] as const;
const RESTING = 200;
const POLLS = 4;
const POLL_MS = 4_000;
/** Longer than any delay of the workload, and shorter than leases are kept after a start. */
const DOWN_MS = 2_000;

export const clockJumps: FaultKind = {
  name: 'clock-jumps',
  about: 'the clock jumps an hour ahead, an hour back or 8 days ahead, and back or not',
  stores: ['sqlite', 'postgres'],
  nodes: 2,
  check: {
    // A node learns the database's time through a round trip, and corrects the clock by it.
    clockSlackMs: 250,
    // With its clock set back, a server finds at its start no lease that ran out while it was down: each
    // is longer by that time. The kind `kill` checks the leases that are kept after a start.
    restartGraceMs: 0,
  },
  async open({ store, storeUrl }) {
    if (store === 'postgres') {
      const clock = await ShiftedDatabase.create(storeUrl);
      return {
        storeUrls: [clock.url, clock.url, clock.url, clock.url],
        ...jumpingScene(
          clock,
          async () => `, read ${await clock.timesAsked()} times`,
          () => false,
        ),
      };
    }
    const clock = await ShiftedProcess.create();
    const { nodeFlags, environment } = clock;
    return { nodeFlags, environment, ...jumpingScene(clock, restart, harmlessStarts()) };
  },
};

/**
 * A server cannot know at its start how long it was down, and settles what is due by its clock. A few
 * hours of downtime are plausible: leases are kept for a while after a start.
 *
 * With its clock set back, it continues from the last time that it has recorded, and from then on lags
 * by the time it was down. If the clock is right again at a later start, it catches up, and earlier
 * leases end that much sooner, which no server can distinguish from a longer downtime.
 */
function harmlessStarts(): (shiftMs: number, random: SeededRandom) => boolean {
  let storeShiftMs = 0;
  let lags = false;
  return (shiftMs, random) => {
    const catchesUp = lags && shiftMs === storeShiftMs;
    if (catchesUp || Math.abs(shiftMs) >= DAY_MS || !random.chance(0.7)) return false;
    lags = shiftMs < storeShiftMs;
    storeShiftMs = Math.max(storeShiftMs, shiftMs);
    return true;
  };
}

function jumpingScene(
  clock: JumpingClock,
  meanwhile: (run: FaultRun, restarts: boolean) => Promise<string>,
  mayRestart: (shiftMs: number, random: SeededRandom) => boolean,
) {
  let shiftMs = 0;
  const shiftTo = async (ms: number): Promise<void> => {
    shiftMs = ms;
    await clock.shiftTo(ms);
  };
  return {
    async before(run: FaultRun): Promise<void> {
      await publishTo(run, run.plan.resting, RESTING);
      await jumpBesideWaits(run, (ms) => shiftTo(shiftMs + ms));
    },
    async round(run: FaultRun, round: number): Promise<string> {
      const { random } = run;
      const byMs = JUMPS_MS[(round - 1) % JUMPS_MS.length] ?? HOUR_MS;
      const stays = Math.floor((round - 1) / JUMPS_MS.length) % 2 === 1;
      const beforeMs = shiftMs;
      const restarts = mayRestart(beforeMs + byMs, random);
      await pause(random.integer(300, 800));
      // A delay that has ended by the clock at a start is over.
      const held = holdThroughJump(run, !restarts);
      await pause(random.integer(300, 800));
      await shiftTo(beforeMs + byMs);
      const what = await meanwhile(run, restarts);
      await pause(random.integer(2_000, 5_000));
      if (!stays) await shiftTo(beforeMs);
      await held;
      return `the clock jumped by ${byMs / HOUR_MS} h${stays ? ' for good' : ' and back'}${what}`;
    },
    close: () => clock.close(),
  };
}

async function restart({ servers }: FaultRun, restarts: boolean): Promise<string> {
  if (!restarts) return '';
  await Promise.all(servers.map((server) => server.kill()));
  await pause(DOWN_MS);
  await Promise.all(servers.map((server) => server.start()));
  return ', and the server was restarted meanwhile';
}

/** Lets the clock jump while nodes have only waiting long polls, each of which must be answered. */
async function jumpBesideWaits(
  { api, plan, random, tell }: FaultRun,
  jump: (byMs: number) => Promise<void>,
): Promise<void> {
  const [queue = ''] = plan.consumeFrom;
  const byMs = random.pick(JUMPS_MS);
  const polls = Array.from({ length: POLLS }, (_, index) =>
    api.call(index % api.nodeCount, 'consume', { queue, maxMessages: 5, waitMs: POLL_MS }),
  );
  await pause(1_000);
  await jump(byMs);
  const outcomes = await Promise.all(polls);
  await jump(-byMs);
  for (const outcome of outcomes) {
    for (const { messageId, receipt } of outcome.kind === 'answered'
      ? outcome.answer.messages
      : []) {
      await retryCall(api, 'ack', { queue, messageId, receipt }, random);
    }
  }
  const answered = outcomes.filter(({ kind }) => kind === 'answered').length;
  tell(`a jump by ${byMs / HOUR_MS} h beside ${POLLS} idle waits: ${answered} answered`);
}
