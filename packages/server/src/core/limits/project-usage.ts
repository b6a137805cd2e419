/** What a project holds, as its quotas count it. */
export interface ProjectUsage {
  /** Dead letters that stay in their queue too. */
  readonly messages: number;
  /** Payloads and headers of those, recorded answers and deduplication ids. */
  readonly bytes: number;
  readonly queues: number;
  readonly subscriptions: number;
  /** API keys that are neither revoked nor expired, as far as that was noticed. */
  readonly keys: number;
}

export type UsageChange = { -readonly [Part in keyof ProjectUsage]: number };

export type UsageChanges = readonly (readonly [project: string, UsageChange])[];

/** Things that are made one by one and have a quota of their own. */
export type CountedThing = 'queues' | 'subscriptions' | 'keys';

export const noUsage = (): UsageChange => ({
  messages: 0,
  bytes: 0,
  queues: 0,
  subscriptions: 0,
  keys: 0,
});

/**
 * The usage of the projects that one commit group works on: as it was when the commit group read it, and
 * what the commit group changes, which is written once, with the rest of it.
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

  /** What the project holds with what the commit group has done so far; it must have been learned. */
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

  /** Those with a change, by project, so that every node writes in one order. */
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
