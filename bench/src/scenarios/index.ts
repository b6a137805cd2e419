import type { Scenario } from '../scenario.js';
import { backlog } from './backlog.js';
import { consume } from './consume.js';
import { postgresCycleVsSqlite } from './postgres-cycle-vs-sqlite.js';
import { postgresPublishVsPgBoss } from './postgres-publish-vs-pg-boss.js';
import { publishHundredQueues } from './publish-hundred-queues.js';
import { publishOneQueue } from './publish-one-queue.js';
import { sqliteCycle } from './sqlite-cycle.js';

export const scenarios: readonly Scenario[] = [
  publishOneQueue,
  publishHundredQueues,
  consume,
  sqliteCycle,
  postgresPublishVsPgBoss,
  postgresCycleVsSqlite,
  backlog,
];
