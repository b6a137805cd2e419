import { initial } from './0001-initial.js';
import { fifo } from './0002-fifo.js';
import { push } from './0003-push.js';
import { deadLetterJobs } from './0004-dead-letter-jobs.js';
import { subscriptionSecrets } from './0005-subscription-secrets.js';
import { auditLog } from './0006-audit-log.js';
import { projectUsage } from './0007-project-usage.js';
import { twoBudgets } from './0008-two-budgets.js';
import { joinedJobs } from './0009-joined-jobs.js';
import { earlierSources } from './0010-earlier-sources.js';
import { consumersAndQuarters } from './0011-consumers-and-quarters.js';

/** Append-only: a migration that was released is never changed. Its version is its index + 1. */
export const MIGRATIONS: readonly string[] = [
  initial,
  fifo,
  push,
  deadLetterJobs,
  subscriptionSecrets,
  auditLog,
  projectUsage,
  twoBudgets,
  joinedJobs,
  earlierSources,
  consumersAndQuarters,
];
