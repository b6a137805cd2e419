import type { Command, PublishCommand } from '../../../core/commands/commands.js';
import {
  type CountedThing,
  noUsage,
  type ProjectUsage,
} from '../../../core/limits/project-usage.js';
import {
  checkQuota,
  limitsProjects,
  limitsQueues,
  limitsThing,
  type Usage,
} from '../../../core/limits/storage-limits.js';
import type { Arrival } from '../../../core/queue/publishing.js';
import type { QueueEntry } from '../../../core/queue/queue-entry.js';
import type { Refusal } from '../../../core/refusal.js';
import type { PostgresTransaction } from '../transaction/transaction.js';

/**
 * Usage is read where a limit needs it. Commit groups of other connections that commit in the meantime
 * are not seen, so they may take the usage past a limit.
 */

/** The usage of queues while a run of publishes adds to it. */
export class QueueUsage {
  constructor(private readonly byBucket: Map<number, Usage>) {}

  of({ bucketId }: QueueEntry): Usage {
    return this.byBucket.get(bucketId) ?? { messages: 0, bytes: 0 };
  }

  add({ queue, bytes }: Arrival): void {
    const before = this.of(queue);
    this.byBucket.set(queue.bucketId, {
      messages: before.messages + 1,
      bytes: before.bytes + bytes,
    });
  }
}

/** Undefined if queues are not limited. */
export async function readQueueUsage(
  tx: PostgresTransaction,
  commands: readonly PublishCommand[],
): Promise<QueueUsage | undefined> {
  if (!limitsQueues(tx.room.limits)) return undefined;
  const queues = commands.flatMap(({ project, queue }) => tx.queue(project, queue) ?? []);
  // What this commit group has settled makes room.
  tx.flushCounters();
  const rows = await tx.pipeline.query<Usage & { bucketId: number }>(
    `SELECT bucket_id AS "bucketId", sum(available + leased + delayed)::bigint AS messages,
       sum(bytes)::bigint AS bytes
       FROM millrace.queue_counters WHERE bucket_id = ANY ($1::bigint[]) GROUP BY bucket_id`,
    [queues.map(({ bucketId }) => bucketId)],
  );
  return new QueueUsage(new Map(rows.map((row) => [row.bucketId, row])));
}

/** Reads the usage of projects whose publishes and idempotency keys have to be checked. */
export async function loadUsageFor(
  tx: PostgresTransaction,
  commands: readonly Command[],
): Promise<void> {
  if (!limitsProjects(tx.room.limits)) return;
  const projects = commands.flatMap((command) => {
    if (!('idempotency' in command)) return [];
    return command.kind === 'publish' || command.idempotency !== null ? command.project : [];
  });
  await loadUsage(tx, projects);
}

/** Checks whether the project may have one more of a thing. */
export async function checkQuotaOf(
  tx: PostgresTransaction,
  project: string,
  thing: CountedThing,
): Promise<Refusal | undefined> {
  if (limitsThing(tx.room.limits, thing)) await loadUsage(tx, [project]);
  return checkQuota(tx.room, project, thing);
}

export async function loadUsage(
  tx: PostgresTransaction,
  projects: readonly string[],
): Promise<void> {
  const unknown = [...new Set(projects)].filter((project) => !tx.usage.knows(project));
  if (unknown.length === 0) return;
  const rows = await tx.pipeline.query<ProjectUsage & { project: string }>(
    `SELECT project, sum(messages)::bigint AS messages, sum(bytes)::bigint AS bytes,
       sum(queues)::bigint AS queues, sum(subscriptions)::bigint AS subscriptions,
       sum(keys)::bigint AS keys
       FROM millrace.project_counters WHERE project = ANY ($1::text[]) GROUP BY project`,
    [unknown],
  );
  for (const project of unknown) tx.usage.learn(project, noUsage());
  for (const { project, ...usage } of rows) tx.usage.learn(project, usage);
}
