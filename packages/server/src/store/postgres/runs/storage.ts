import type { NewMessage, PublishCommand } from '../../../core/commands.js';
import { bytesOf, sum } from '../../../core/message-bytes.js';
import type { Refusal } from '../../../core/refusal.js';
import {
  checkStorage,
  hasLimits,
  type StorageLimits,
  type Usage,
} from '../../../core/storage-limits.js';
import type { QueueEntry } from '../../../core/transaction.js';
import type { GroupRun } from '../group-run.js';

/**
 * What queues and projects hold while a run of publishes adds to it. Groups of other connections
 * that commit meanwhile are not seen, so a limit may be passed by what they bring.
 */
export class StorageUsage {
  constructor(
    private readonly limits: StorageLimits,
    private readonly queues: Map<number, Usage>,
    private readonly projects: Map<string, Usage>,
  ) {}

  /** Takes the room for these messages, or says why there is none. */
  take(queue: QueueEntry, messages: readonly NewMessage[]): Refusal | undefined {
    const added = { messages: messages.length, bytes: sum(messages.map(bytesOf)) };
    const none = { messages: 0, bytes: 0 };
    const ofQueue = this.queues.get(queue.bucketId) ?? none;
    const ofProject = this.projects.get(queue.project) ?? none;
    const full = checkStorage(this.limits, ofQueue, ofProject, added);
    if (full !== undefined) return full;
    this.queues.set(queue.bucketId, plus(ofQueue, added));
    this.projects.set(queue.project, plus(ofProject, added));
    return undefined;
  }
}

/** Undefined where nothing is limited. */
export async function readStorage(
  { tx, limits }: GroupRun,
  commands: readonly PublishCommand[],
): Promise<StorageUsage | undefined> {
  if (!hasLimits(limits)) return undefined;
  const queues = commands.flatMap(({ project, queue }) => tx.queue(project, queue) ?? []);
  // What this group has settled makes room.
  tx.flushCounters();
  const [ofQueues, ofProjects] = await Promise.all([
    tx.pipeline.query<Usage & { bucketId: number }>(
      `SELECT bucket_id AS "bucketId", sum(available + leased + delayed)::bigint AS messages,
         sum(bytes)::bigint AS bytes
         FROM millrace.queue_counters WHERE bucket_id = ANY ($1::bigint[]) GROUP BY bucket_id`,
      [queues.map(({ bucketId }) => bucketId)],
    ),
    tx.pipeline.query<Usage & { project: string }>(
      // Its cost grows with the queues of the project, so it is asked only where it is limited.
      `SELECT q.project, sum(c.available + c.leased + c.delayed)::bigint AS messages,
         sum(c.bytes)::bigint AS bytes
         FROM millrace.queues q JOIN millrace.queue_counters c ON c.bucket_id = q.bucket_id
        WHERE q.project = ANY ($1::text[]) GROUP BY q.project`,
      [
        limits.projectMessages + limits.projectBytes > 0
          ? queues.map(({ project }) => project)
          : [],
      ],
    ),
  ]);
  return new StorageUsage(
    limits,
    new Map(ofQueues.map((row) => [row.bucketId, row])),
    new Map(ofProjects.map((row) => [row.project, row])),
  );
}

const plus = (a: Usage, b: Usage): Usage => ({
  messages: a.messages + b.messages,
  bytes: a.bytes + b.bytes,
});
