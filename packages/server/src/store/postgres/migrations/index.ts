import { initial } from './0001-initial.js';
import { fifo } from './0002-fifo.js';
import { push } from './0003-push.js';
import { deadLetterJobs } from './0004-dead-letter-jobs.js';
import { functions } from './0005-functions.js';
import { subscriptionSecrets } from './0006-subscription-secrets.js';
import { auditLog } from './0007-audit-log.js';
import { projectUsage } from './0008-project-usage.js';
import { twoBudgets } from './0009-two-budgets.js';
import { joinedJobs } from './0010-joined-jobs.js';
import { earlierSources } from './0011-earlier-sources.js';
import { messagePlaces } from './0012-message-places.js';
import { storeClock } from './0013-store-clock.js';
import { discardedWaits } from './0014-discarded-waits.js';
import { consumersAndQuarters } from './0015-consumers-and-quarters.js';

/** Append-only: a migration that was released is never changed. Its version is its index + 1. */
export const MIGRATIONS: readonly string[] = [
  initial,
  fifo,
  push,
  deadLetterJobs,
  functions,
  subscriptionSecrets,
  auditLog,
  projectUsage,
  twoBudgets,
  joinedJobs,
  earlierSources,
  messagePlaces,
  storeClock,
  discardedWaits,
  consumersAndQuarters,
];
