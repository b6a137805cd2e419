import type { Command } from '../../core/commands.js';
import type { QueueEntry } from '../../core/transaction.js';
import type { Pipeline } from './connections.js';

/** A bound for memory's sake; what is forgotten is read again. */
const KNOWN_MAX = 20_000;
const DIVISION_BY_ZERO = '22012';

/**
 * Queues as this node read them last. A group of plain publishes depends on nothing else, so it need
 * not wait for a first answer of the database: it goes out whole, together with a statement that
 * fails, and with it the transaction, unless the queues are still what they were taken for.
 */
export class KnownQueues {
  private readonly byKey = new Map<string, QueueEntry>();

  learn(queues: readonly QueueEntry[]): void {
    if (this.byKey.size + queues.length > KNOWN_MAX) this.byKey.clear();
    for (const queue of queues) this.byKey.set(keyOf(queue.project, queue.name), queue);
  }

  forget(): void {
    this.byKey.clear();
  }

  /** The queues of these commands; undefined where it takes more than them to apply the commands. */
  sufficientFor(commands: readonly Command[]): QueueEntry[] | undefined {
    const queues = new Map<number, QueueEntry>();
    for (const command of commands) {
      if (command.kind !== 'publish' || command.idempotency !== null) return undefined;
      const queue = this.byKey.get(keyOf(command.project, command.queue));
      if (queue === undefined || queue.type !== 'standard') return undefined;
      queues.set(queue.id, queue);
    }
    return queues.size === 0 ? undefined : [...queues.values()];
  }
}

const keyOf = (project: string, name: string): string => `${project}\n${name}`;

/**
 * Checks, in the transaction, all of these queues that a publish goes by.
 *
 * @returns the database's time
 * @throws an error for which `wasMistaken` is true, when one of them has changed
 */
export async function assumeQueues(
  pipeline: Pipeline,
  queues: readonly QueueEntry[],
): Promise<number> {
  const [row] = await pipeline.query<{ nowMs: number }>(ASSUME, [
    queues.map(({ id }) => id),
    queues.map(({ bucketId }) => bucketId),
    queues.map(({ enablePriority }) => enablePriority),
  ]);
  return (row as { nowMs: number }).nowMs;
}

export const wasMistaken = (error: unknown): boolean =>
  (error as { code?: unknown }).code === DIVISION_BY_ZERO;

const ASSUME = `
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs",
    1 / (CASE WHEN count(*) = cardinality($1) THEN 1 ELSE 0 END) AS assumed
  FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS u(id, bucket_id, enable_priority)
  JOIN millrace.queues q USING (id, bucket_id, enable_priority)`;
