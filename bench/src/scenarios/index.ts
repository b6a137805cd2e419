import type { Scenario } from '../scenario.js';
import { backlog } from './backlog.js';
import { backupUnderLoad } from './backup-under-load.js';
import { batchCycle } from './batch-cycle.js';
import { batchPublish } from './batch-publish.js';
import { batchPublishVsSqlite } from './batch-publish-vs-sqlite.js';
import { consume } from './consume.js';
import { fifoBlocked } from './fifo-blocked.js';
import { fifoGroups } from './fifo-groups.js';
import { mixedBacklog } from './mixed-backlog.js';
import { postgresCycleVsSqlite } from './postgres-cycle-vs-sqlite.js';
import { postgresPublishVsPgBoss } from './postgres-publish-vs-pg-boss.js';
import { publishBesideReads } from './publish-beside-reads.js';
import { publishHundredQueues } from './publish-hundred-queues.js';
import { publishOneQueue } from './publish-one-queue.js';
import { purgeMillion } from './purge-million.js';
import { pushIsolation } from './push-isolation.js';
import { pushLatency } from './push-latency.js';
import { pushVsUndici } from './push-vs-undici.js';
import { sqliteCycle } from './sqlite-cycle.js';

export const scenarios: readonly Scenario[] = [
  publishOneQueue,
  publishHundredQueues,
  consume,
  batchPublish(10),
  batchPublish(100),
  batchCycle(10),
  batchCycle(100),
  sqliteCycle,
  postgresPublishVsPgBoss,
  postgresCycleVsSqlite,
  batchPublishVsSqlite,
  backlog,
  mixedBacklog,
  purgeMillion,
  backupUnderLoad,
  publishBesideReads,
  fifoGroups,
  fifoBlocked,
  pushVsUndici,
  pushLatency,
  pushIsolation,
];
