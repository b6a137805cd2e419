import { noUsage, type ProjectUsage, UsageLedger } from '../../../core/limits/project-usage.js';
import type { Statements } from '../driver/statements.js';

const READ = `SELECT messages, bytes, queues, subscriptions, keys
  FROM project_counters WHERE project = ?`;

const ADD = `INSERT INTO project_counters (project, messages, bytes, queues, subscriptions, keys)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, bytes = bytes + excluded.bytes,
    queues = queues + excluded.queues, subscriptions = subscriptions + excluded.subscriptions,
    keys = keys + excluded.keys`;

/**
 * The usage of projects: a row for each, read where a quota needs it and written once per commit group.
 */
export class ProjectCounters extends UsageLedger {
  constructor(private readonly statements: Statements) {
    super();
  }

  override of(project: string): ProjectUsage {
    if (!this.knows(project)) {
      const row = this.statements.get(READ).get(project) as ProjectUsage | undefined;
      this.learn(project, row ?? noUsage());
    }
    return super.of(project);
  }

  /** Writes the counts at the end of a commit group. The counters are not used after this. */
  flush(): void {
    for (const [project, change] of this.changes()) {
      const { messages, bytes, queues, subscriptions, keys } = change;
      this.statements.get(ADD).run(project, messages, bytes, queues, subscriptions, keys);
    }
  }
}
