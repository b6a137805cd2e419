import type { ByteBudget } from '../core/byte-budget.js';
import type { Clock } from '../core/clock.js';
import type { GroupCommit } from '../core/group-commit.js';
import type { IdSource } from '../core/ids.js';
import type { Log } from '../core/log.js';
import type { LongPolls } from '../core/long-poll.js';
import type { Store } from '../core/store.js';
import type { AttemptLog } from './attempt-log.js';
import type { Poster } from './lazy-client.js';
import type { SecretBox } from './push-secret.js';
import type { Settlement } from './settlement.js';

/** What all that pushes works with. */
export interface WorkerDependencies {
  readonly store: Store;
  readonly commit: GroupCommit;
  readonly longPolls: LongPolls;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly client: Poster;
  readonly secrets: SecretBox;
  readonly log: AttemptLog;
  readonly settlement: Settlement;
  /** The bytes that pushes may hold at once. */
  readonly budget: ByteBudget;
  readonly random: () => number;
  readonly processLog: Log;
}
