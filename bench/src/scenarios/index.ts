import type { Scenario } from '../comparison/scenario.js';
import { backlog } from './backlog/backlog.js';
import { fifoBlocked } from './backlog/fifo-blocked.js';
import { mixedBacklog } from './backlog/mixed-backlog.js';
import { purgeMillion } from './backlog/purge-million.js';
import { latencyAtRate } from './fixed-rate/latency-at-rate.js';
import { pauses } from './fixed-rate/pauses.js';
import { backupUnderLoad } from './interference/backup-under-load.js';
import { consoles } from './interference/consoles.js';
import { publishBesideReads } from './interference/publish-beside-reads.js';
import { pushIsolation } from './push/push-isolation.js';
import { pushLatency } from './push/push-latency.js';
import { pushVsUndici } from './push/push-vs-undici.js';
import { ack } from './rates/ack.js';
import { batchCycle } from './rates/batch-cycle.js';
import { batchPublish } from './rates/batch-publish.js';
import { batchPublishVsSqlite } from './rates/batch-publish-vs-sqlite.js';
import { batchSettleVsSqlite } from './rates/batch-settle-vs-sqlite.js';
import { consume } from './rates/consume.js';
import { fifoGroups } from './rates/fifo-groups.js';
import { postgresCycleVsSqlite } from './rates/postgres-cycle-vs-sqlite.js';
import { postgresPublishVsPgBoss } from './rates/postgres-publish-vs-pg-boss.js';
import {
  publishHundredQueues,
  publishKeyed,
  publishOneQueue,
  publishOver,
  publishTenKilobytes,
} from './rates/publish.js';
import { sqliteCycle } from './rates/sqlite-cycle.js';

/** What runs if no scenario is named: minutes, all rounds interleaved. */
export const ladder: readonly Scenario[] = [
  publishOneQueue,
  publishHundredQueues,
  publishKeyed,
  publishTenKilobytes,
  publishOver(1),
  publishOver(16),
  publishOver(256),
  consume,
  ack,
  sqliteCycle,
  batchPublishVsSqlite,
  batchSettleVsSqlite,
  postgresPublishVsPgBoss,
  postgresCycleVsSqlite,
  latencyAtRate,
];

export const scenarios: readonly Scenario[] = [
  ...ladder,
  batchPublish(10),
  batchPublish(100),
  batchCycle(10),
  batchCycle(100),
  pauses,
  backlog,
  mixedBacklog,
  purgeMillion,
  backupUnderLoad,
  publishBesideReads,
  consoles,
  fifoGroups,
  fifoBlocked,
  pushVsUndici,
  pushLatency,
  pushIsolation,
];
