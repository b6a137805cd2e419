/** What a store knows of the consumers of a queue, from what nodes have recorded. */
export interface StoredConsumers {
  /** Consumers that wait on nodes that have been heard of lately, without those of the asking node. */
  readonly waitingElsewhere: number;
  /** When a consume last looked for messages; null if it is not known that one ever did. */
  readonly lastFetchAtMs: number | null;
  /** The key with which it did; null if there was none. */
  readonly lastFetchKeyId: string | null;
  /** What is older concerns another queue, which had the same name. */
  readonly queueCreatedAtMs: number;
}

/** Those of one node, as it records them. */
export interface NodeConsumers {
  readonly project: string;
  readonly queue: string;
  readonly waiting: number;
  readonly lastFetchAtMs: number;
  readonly lastFetchKeyId: string | null;
}

/** Those of all nodes. */
export interface QueueConsumers {
  readonly waiting: number;
  readonly lastFetchAtMs: number | null;
  readonly lastFetchKeyId: string | null;
}

/** Waits that a node recorded longer ago than this no longer count: the node may be dead. */
export const WAITS_COUNT_FOR_MS = 30_000;

/** Adds what the asking node knows itself, which the store may not have yet. */
export function consumersOf(
  stored: StoredConsumers,
  own: NodeConsumers | undefined,
): QueueConsumers {
  const { waitingElsewhere, lastFetchAtMs, lastFetchKeyId, queueCreatedAtMs } = stored;
  if (own === undefined || own.lastFetchAtMs < queueCreatedAtMs) {
    return { waiting: waitingElsewhere, lastFetchAtMs, lastFetchKeyId };
  }
  const isLast = own.lastFetchAtMs >= (lastFetchAtMs ?? 0);
  const last = isLast ? own : stored;
  return {
    waiting: waitingElsewhere + own.waiting,
    lastFetchAtMs: last.lastFetchAtMs,
    lastFetchKeyId: last.lastFetchKeyId,
  };
}
