import type { Command } from '../../../core/commands/commands.js';
import { type QueueColumns, queueEntryOf } from '../../../core/queue/queue-settings.js';
import { rowOf } from '../driver/index-joins.js';
import type { Pipeline } from '../driver/pipeline.js';
import { QUEUE_COLUMNS } from '../reads/rows.js';
import { CLOCK, CLOCK_MS, CLOCK_OFFSET, type SaidTime } from '../time/store-time-sql.js';
import { type CounterRows, holdSlot } from '../tuning/counter-rows.js';
import type { KnownQueue } from '../tuning/known-queues.js';
import { CHAIN, chainFrom } from './queue-rows.js';
import { lockSettings } from './settings-lock.js';

interface Head extends SaidTime {
  /** False if another commit group under way is counting in the slot. */
  readonly holdsSlot: boolean;
}

type Versioned = (QueueColumns | { readonly id: null }) & { readonly version: string };

export interface Beginning {
  /** Undefined if the commit group has not read it. */
  readonly clockOffsetMs?: number;
  readonly nowMs: number;
  readonly queues: readonly KnownQueue[];
}

/**
 * Reads what each commit group begins with: the time, the slot to count in, the queues that its commands
 * name, and the dead-letter queues that can be reached from them. Decisions need both, and a chain is
 * short.
 */
export async function readBeginning(
  pipeline: Pipeline,
  commands: readonly Command[],
  counterRows: CounterRows,
): Promise<Beginning> {
  const names = new Map<string, readonly [string, string]>();
  const add = (project: string, name: string) => names.set(`${project}\n${name}`, [project, name]);
  for (const command of commands) {
    if ('queue' in command) add(command.project, command.queue);
    if ('settings' in command && command.settings.deadLetterQueue) {
      add(command.project, command.settings.deadLetterQueue);
    }
  }
  lockSettings(pipeline, commands);
  const rows =
    names.size === 0
      ? await pipeline.query<Head & Versioned>(HEAD, [counterRows.slot])
      : await pipeline.query<Head & Versioned>(BEGINNING, [
          [...names.values()].map(([project]) => project),
          [...names.values()].map(([, name]) => name),
          counterRows.slot,
        ]);
  const { nowMs, clockOffsetMs, holdsSlot } = rows[0] as Head;
  if (!holdsSlot) await counterRows.takeFreeSlot(pipeline);
  const queues = rows.flatMap((row) => {
    const { nowMs: _, clockOffsetMs: __, holdsSlot: ___, version, ...queue } = row;
    return queue.id === null ? [] : { queue: queueEntryOf(queue), version };
  });
  return { nowMs, clockOffsetMs, queues };
}

/**
 * Checks what a commit group assumed instead of reading it. The commit group fails if a queue has
 * changed, if the slot is taken, or if the time is not between the time it assumed and the next end of a
 * lease or delay; a limit of null is not checked.
 *
 * @returns store time
 */
export async function checkBeginning(
  pipeline: Pipeline,
  queues: readonly KnownQueue[],
  slot: number,
  { fromMs, untilMs }: { readonly fromMs: number | null; readonly untilMs: number | null },
): Promise<SaidTime> {
  const [head] = await pipeline.query<SaidTime>(CHECK, [
    slot,
    fromMs,
    untilMs,
    queues.map(({ queue }) => queue.id),
    queues.map(({ version }) => version),
  ]);
  return head as SaidTime;
}

const headOf = (slot: string, more = ''): string => `
  SELECT floor(c.now)::bigint AS "nowMs", ${CLOCK_OFFSET} AS "clockOffsetMs",
      ${holdSlot(slot)} AS "holdsSlot"${more}
    FROM (SELECT ${CLOCK} AS now OFFSET 0) AS c`;

const NAMED = `SELECT q.* FROM unnest($1::text[], $2::text[]) AS n(project, name)
  CROSS JOIN ${rowOf('queues', 'n', ['project', 'name'])} AS q`;

const HEAD = headOf('$1', ', NULL AS id');

/**
 * One statement for everything, because each commit group has to wait for it before it can do anything.
 */
const BEGINNING = `WITH RECURSIVE head AS MATERIALIZED (${headOf('$3')}), ${chainFrom(NAMED)}
  SELECT head.*, ${QUEUE_COLUMNS},
      (SELECT v.xmin::text FROM millrace.queues v WHERE v.id = q.id) AS version
    FROM head LEFT JOIN (${CHAIN}) ON true`;

/** A row's version is the transaction that wrote it: each change of a queue creates a new version. */
const CHECK = `
  SELECT now_ms AS "nowMs", ${CLOCK_OFFSET} AS "clockOffsetMs" FROM (SELECT ${CLOCK_MS} AS now_ms OFFSET 0) AS t
   WHERE millrace.expect(${holdSlot('$1')} AND coalesce(now_ms >= $2::bigint, true)
     AND coalesce(now_ms < $3::bigint, true) AND NOT EXISTS (
       SELECT 1 FROM unnest($4::bigint[], $5::text[]) AS a(id, version)
         LEFT JOIN ${rowOf('queues', 'a', ['id'], 't.xmin::text AS version')} AS q ON true
        WHERE q.version IS DISTINCT FROM a.version))`;
