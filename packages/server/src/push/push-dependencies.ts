import type { Clock } from '../core/clock.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import type { ByteBudget } from '../core/engine/byte-budget.js';
import type { LongPolls } from '../core/engine/long-poll.js';
import type { IdSource } from '../core/ids.js';
import type { Log } from '../core/log.js';
import type { Store } from '../core/store/store.js';
import type { AttemptLog } from './delivery/attempt-log.js';
import type { DeliveryResult } from './delivery/delivery-result.js';
import type { Settlement } from './delivery/settlement.js';
import type { Poster } from './request/lazy-client.js';
import type { SecretBox } from './request/signing/push-secret.js';

/** What all that pushes works with. */
export interface PushDependencies {
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
  /** Told of the result of each push. */
  readonly attempted: (result: DeliveryResult) => void;
}
