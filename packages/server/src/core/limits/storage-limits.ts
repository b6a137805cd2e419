import { type Refusal, refuse } from '../refusal.js';
import type { CountedThing, ProjectUsage } from './project-usage.js';

/** What a queue or a project may hold; 0 means no limit. */
export interface StorageLimits {
  /** Dead letters that stay in their queue do not count. */
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly projectMessages: number;
  readonly projectBytes: number;
  readonly projectQueues: number;
  readonly projectSubscriptions: number;
  readonly projectKeys: number;
}

export const NO_LIMITS: StorageLimits = {
  queueMessages: 0,
  queueBytes: 0,
  projectMessages: 0,
  projectBytes: 0,
  projectQueues: 0,
  projectSubscriptions: 0,
  projectKeys: 0,
};

/** `low`: less space is free than publishing must leave; `very_low`: less than half of that. */
export type DiskSpace = 'enough' | 'low' | 'very_low';

/** What a store provides to check whether there is room for a command. */
export interface Room {
  readonly limits: StorageLimits;
  readonly disk: DiskSpace;
  /** What the project holds, including what the commit group has done so far. */
  usageOf(project: string): ProjectUsage;
}

export interface Usage {
  readonly messages: number;
  readonly bytes: number;
}

export const limitsQueues = ({ queueMessages, queueBytes }: StorageLimits): boolean =>
  queueMessages > 0 || queueBytes > 0;

export const limitsProjects = ({ projectMessages, projectBytes }: StorageLimits): boolean =>
  projectMessages > 0 || projectBytes > 0;

const NOTHING: Usage = { messages: 0, bytes: 0 };

/**
 * Checks a publish by what is stored and what it adds; settling is always allowed.
 *
 * @param recordBytes the bytes of its records, which only the project's quota counts
 */
export function checkStorage(
  { limits, usageOf }: Room,
  project: string,
  ofQueue: Usage,
  added: Usage,
  recordBytes: number,
): Refusal | undefined {
  const ofProject = limitsProjects(limits) ? usageOf(project) : NOTHING;
  const projectBytes = ofProject.bytes + added.bytes + recordBytes;
  const checks = [
    ['queue', 'messages', limits.queueMessages, ofQueue.messages + added.messages],
    ['queue', 'bytes', limits.queueBytes, ofQueue.bytes + added.bytes],
    ['project', 'messages', limits.projectMessages, ofProject.messages + added.messages],
    ['project', 'bytes', limits.projectBytes, projectBytes],
  ] as const;
  const reached = checks.find(([, , limit, wanted]) => limit > 0 && wanted > limit);
  if (reached === undefined) return undefined;
  const [what, unit, limit] = reached;
  return refuse('STORAGE_FULL', `The ${what} may hold at most ${limit} ${unit}.`, {
    hint: `Consume and ack messages, or raise --max-${what}-${unit}; then retry.`,
  });
}

export const diskIsLow = (): Refusal =>
  refuse('STORAGE_FULL', 'The disk has less free space than --min-free-bytes requires.', {
    hint: 'Consume and ack messages, or give the server more space; then retry.',
  });

const THINGS = {
  queues: { limit: 'projectQueues', what: 'queues', remedy: 'Delete queues' },
  subscriptions: {
    limit: 'projectSubscriptions',
    what: 'push subscriptions',
    remedy: 'Delete subscriptions',
  },
  keys: { limit: 'projectKeys', what: 'valid API keys', remedy: 'Revoke keys' },
} as const;

/** How many revoked or expired keys of a project are kept. */
export const ENDED_KEYS_KEPT = 1_000;

export const limitsThing = (limits: StorageLimits, thing: CountedThing): boolean =>
  limits[THINGS[thing].limit] > 0;

/** Refuses when the project may not have one more of them. */
export function checkQuota(
  { limits, usageOf }: Room,
  project: string,
  thing: CountedThing,
): Refusal | undefined {
  if (!limitsThing(limits, thing)) return undefined;
  const { limit: name, what, remedy } = THINGS[thing];
  const limit = limits[name];
  if (usageOf(project)[thing] < limit) return undefined;
  return refuse('STORAGE_FULL', `The project may have at most ${limit} ${what}.`, {
    hint: `${remedy} that are no longer needed, or raise --max-project-${thing}; then retry.`,
  });
}
