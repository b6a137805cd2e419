import { type Refusal, refuse } from './refusal.js';

/** What a queue or a project may hold; 0: any number. Dead letters kept in their queue are apart. */
export interface StorageLimits {
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly projectMessages: number;
  readonly projectBytes: number;
}

export const NO_LIMITS: StorageLimits = {
  queueMessages: 0,
  queueBytes: 0,
  projectMessages: 0,
  projectBytes: 0,
};

export interface Usage {
  readonly messages: number;
  readonly bytes: number;
}

export const hasLimits = (limits: StorageLimits): boolean =>
  Object.values(limits).some((limit) => limit > 0);

/** Judges a publish by what is there and what it adds; settling always goes on. */
export function checkStorage(
  limits: StorageLimits,
  queue: Usage,
  project: Usage,
  added: Usage,
): Refusal | undefined {
  const checks = [
    ['queue', 'messages', limits.queueMessages, queue.messages + added.messages],
    ['queue', 'bytes', limits.queueBytes, queue.bytes + added.bytes],
    ['project', 'messages', limits.projectMessages, project.messages + added.messages],
    ['project', 'bytes', limits.projectBytes, project.bytes + added.bytes],
  ] as const;
  const reached = checks.find(([, , limit, wanted]) => limit > 0 && wanted > limit);
  if (reached === undefined) return undefined;
  const [what, unit, limit] = reached;
  return refuse('STORAGE_FULL', `The ${what} may hold ${limit} ${unit} at most.`, {
    hint: `Consume and ack messages, or raise --max-${what}-${unit}; then retry.`,
  });
}
