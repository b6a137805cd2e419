/** What a project holds, as its quotas count it. */
export interface ProjectUsage {
  /** Includes dead letters that stay in their queue. */
  readonly messages: number;
  /** Payloads and headers of those messages, records and deduplication ids. */
  readonly bytes: number;
  readonly queues: number;
  readonly subscriptions: number;
  /** API keys that are neither revoked nor, as far as was noticed, expired. */
  readonly keys: number;
}

export type UsageChange = { -readonly [Part in keyof ProjectUsage]: number };

export type UsageChanges = readonly (readonly [project: string, UsageChange])[];

/** Things that are created one by one and have a quota of their own. */
export type CountedThing = 'queues' | 'subscriptions' | 'keys';

export const noUsage = (): UsageChange => ({
  messages: 0,
  bytes: 0,
  queues: 0,
  subscriptions: 0,
  keys: 0,
});

/**
 * The usage of the projects that one commit group works on: what the commit group read, and what it
 * changes, which is written once, together with its other effects.
 */
export class UsageLedger {
  private readonly before = new Map<string, ProjectUsage>();
  private readonly changed = new Map<string, UsageChange>();

  count(project: string, messages: number, bytes: number): void {
    const change = this.changeOf(project);
    change.messages += messages;
    change.bytes += bytes;
  }

  countThings(project: string, thing: CountedThing, change: number): void {
    this.changeOf(project)[thing] += change;
  }

  knows(project: string): boolean {
    return this.before.has(project);
  }

  learn(project: string, usage: ProjectUsage): void {
    this.before.set(project, usage);
  }

  /** What the project holds, including what the commit group has done so far; call `learn` first. */
  of(project: string): ProjectUsage {
    const before = this.before.get(project);
    if (before === undefined) throw new Error(`the usage of ${project} was not read`);
    const change = this.changed.get(project) ?? noUsage();
    return {
      messages: before.messages + change.messages,
      bytes: before.bytes + change.bytes,
      queues: before.queues + change.queues,
      subscriptions: before.subscriptions + change.subscriptions,
      keys: before.keys + change.keys,
    };
  }

  /** The projects with a change, sorted, so that every node writes in the same order. */
  changes(): UsageChanges {
    return [...this.changed]
      .filter(([, change]) => Object.values(change).some((count) => count !== 0))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  private changeOf(project: string): UsageChange {
    let change = this.changed.get(project);
    if (change === undefined) {
      change = noUsage();
      this.changed.set(project, change);
    }
    return change;
  }
}
