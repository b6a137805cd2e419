import { monotonicMs } from '../clock.js';
import type { Command } from '../commands/commands.js';

/**
 * The lane of commands that have met a lock of a transaction that does not end, such as that of a node
 * that vanished. One commit group of them is tried at a time, beside those of all other commands and on a
 * connection of its own. Commands of the same queue go together, and queues take turns. A commit group
 * that fails is halved, so that one locked message does not hold up the other commands of its queue.
 */
const WAIT_MAX_MS = 5_000;
/** The commit groups that are tried in a round share this time for waiting for locks. */
const ROUND_MS = 2_000;
const LOCK_WAIT_MIN_MS = 100;
const LOCK_WAIT_MAX_MS = 1_000;
const HELD_MAX = 4_096;
const GROUP_MAX = 512;

/** How long a commit group waits for a lock when it is run to find out which queue is stuck. */
export const PROBE_LOCK_WAIT_MS = LOCK_WAIT_MIN_MS;

/** These change queues and subscriptions, and meet the same locks. */
const ADMINISTRATION = new Set<Command['kind']>([
  'createQueue',
  'updateQueue',
  'deleteQueue',
  'purgeQueue',
  'subscribePush',
  'unsubscribePush',
  'pausePush',
]);

/** Commands with the same key work on the same rows; commands with different keys mostly do not. */
export function lockKeyOf(command: Command): string {
  const project = 'project' in command ? command.project : '';
  if (ADMINISTRATION.has(command.kind)) return `${project}\n\nadministration`;
  return 'queue' in command ? `${project}\n${command.queue}` : `${project}\n\n${command.kind}`;
}

interface Held<T> {
  readonly entry: T;
  readonly untilMs: number;
}

interface HeldQueue<T> {
  readonly held: Held<T>[];
  groupMax: number;
}

export interface HeldGroup<T> {
  readonly key: string;
  readonly held: readonly Held<T>[];
  readonly lockWaitMs: number;
}

export class HeldUpLane<T extends { readonly project: string }> {
  /** By lock key; the first one has the turn. */
  private readonly queues = new Map<string, HeldQueue<T>>();
  private readonly projects = new Map<string, number>();
  private count = 0;

  constructor(private readonly nowMs: () => number = monotonicMs) {}

  get size(): number {
    return this.count;
  }

  /** @returns false where there is no room: a project may take at most as much as it leaves free */
  add(key: string, entry: T): boolean {
    if ((this.projects.get(entry.project) ?? 0) >= HELD_MAX - this.count) return false;
    this.hold(key, { entry, untilMs: this.nowMs() + WAIT_MAX_MS }, GROUP_MAX);
    return true;
  }

  /** Removes the next commit group to be tried from the lane. */
  take(): HeldGroup<T> | undefined {
    for (const [key, queue] of this.queues) {
      this.queues.delete(key);
      const held = queue.held.splice(0, queue.groupMax);
      if (queue.held.length > 0) this.queues.set(key, queue);
      for (const { entry } of held) this.recount(entry, -1);
      return { key, held, lockWaitMs: this.lockWaitMs(held) };
    }
    return undefined;
  }

  /** The commit group met a lock again; the next one of its queue is half as large. */
  putBack({ key, held }: HeldGroup<T>): void {
    const groupMax = Math.max(1, Math.floor(held.length / 2));
    for (const each of held) this.hold(key, each, groupMax);
    const queue = this.queues.get(key);
    if (queue !== undefined) queue.groupMax = Math.min(queue.groupMax, groupMax);
  }

  has(key: string): boolean {
    return this.queues.has(key);
  }

  succeeded({ key }: HeldGroup<T>): void {
    const queue = this.queues.get(key);
    if (queue !== undefined) queue.groupMax = Math.min(GROUP_MAX, queue.groupMax * 2);
  }

  /** Removes those that have waited for the longest time allowed. */
  takeOver(): T[] {
    const nowMs = this.nowMs();
    const over: T[] = [];
    for (const [key, queue] of this.queues) {
      const kept = queue.held.filter(({ entry, untilMs }) => {
        if (nowMs < untilMs) return true;
        over.push(entry);
        return false;
      });
      if (kept.length === queue.held.length) continue;
      if (kept.length === 0) this.queues.delete(key);
      else queue.held.splice(0, queue.held.length, ...kept);
    }
    for (const entry of over) this.recount(entry, -1);
    return over;
  }

  /** A single command may wait for long, but only briefly while other queues are to be tried. */
  private lockWaitMs(held: readonly Held<T>[]): number {
    if (held.length !== 1) return LOCK_WAIT_MIN_MS;
    const shareMs = ROUND_MS / (this.queues.size + 1);
    const leftMs = (held[0] as Held<T>).untilMs - this.nowMs();
    return Math.max(LOCK_WAIT_MIN_MS, Math.min(LOCK_WAIT_MAX_MS, shareMs, leftMs));
  }

  private hold(key: string, held: Held<T>, groupMax: number): void {
    const queue = this.queues.get(key);
    if (queue === undefined) this.queues.set(key, { held: [held], groupMax });
    else queue.held.push(held);
    this.recount(held.entry, 1);
  }

  private recount({ project }: T, change: number): void {
    this.count += change;
    const left = (this.projects.get(project) ?? 0) + change;
    if (left > 0) this.projects.set(project, left);
    else this.projects.delete(project);
  }
}
