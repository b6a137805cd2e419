import { setTimeout as sleep } from 'node:timers/promises';
import type { Millrace, QueueStats } from '@millrace/client';
import type { Command } from 'commander';
import { Interrupted } from '../../errors.js';
import { pause } from '../../input/option-values.js';
import { table } from '../../output/table.js';
import type { Session } from '../../session/session.js';
import { addVerb, runsOnServer } from '../verb.js';

interface StatsFlags {
  readonly watch?: number | true;
}

const WATCH_SECONDS = 2;

export function addStats(program: Command): void {
  const command = addVerb(program, {
    usage: 'stats [queues...]',
    summary: 'shows the exact counts of queues; without a name, of all',
    details:
      'With --watch it shows them again and again until Ctrl-C, on a terminal in one place. With --json ' +
      'each look prints a line for each queue.',
    examples: ['stats', 'stats orders mails', 'stats --watch', 'stats orders --watch 10s --json'],
  }).option('--watch [duration]', 'look again after this time (2s), up to 1d', pause);
  runsOnServer<[string[]], StatsFlags>(command, async (session, [names], { watch }) => {
    if (watch === undefined) return show(session, await statsOf(await session.client(), names));
    await watchStats(session, names, watch === true ? WATCH_SECONDS : watch);
  });
}

async function statsOf(
  client: Millrace,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<QueueStats[]> {
  if (names.length > 0) {
    return Promise.all(names.map((name) => client.queue(name).stats({ signal })));
  }
  const queues = await client.queues.list({ include: 'stats', limit: 1_000, signal }).toArray();
  return queues.flatMap(({ stats }) => (stats === undefined ? [] : [stats]));
}

async function show({ out }: Session, stats: readonly QueueStats[]): Promise<void> {
  if (out.isJson) for (const record of stats) await out.json(record);
  else await out.write(await statsTable(stats));
}

async function watchStats(
  session: Session,
  names: readonly string[],
  seconds: number,
): Promise<void> {
  const { interrupted, out } = session;
  const client = await session.patientClient();
  const isLive = process.stdout.isTTY === true && !out.isJson;
  const { default: update } = await import('log-update');
  try {
    while (!interrupted.aborted) {
      const stats = await statsOf(client, names, interrupted);
      if (isLive) update(`${await statsTable(stats)}\n\n${new Date().toISOString()}, Ctrl-C ends`);
      else await show(session, stats);
      await sleep(Math.max(0.1, seconds) * 1_000, undefined, { signal: interrupted });
    }
  } catch (error) {
    // It can only end so, and that is no failure.
    if (!(interrupted.reason instanceof Interrupted)) throw error;
  } finally {
    if (isLive) update.done();
  }
}

const COLUMNS = ['QUEUE', 'AVAILABLE', 'IN FLIGHT', 'DELAYED', 'DEAD LETTERS', 'OLDEST, S'];

const statsTable = (stats: readonly QueueStats[]): Promise<string> =>
  table(
    COLUMNS,
    stats.map(({ queue, available, inFlight, delayed, dlq, oldestAgeSeconds }) => [
      queue,
      available,
      inFlight,
      delayed,
      dlq,
      oldestAgeSeconds === undefined ? undefined : Math.round(oldestAgeSeconds),
    ]),
  );
