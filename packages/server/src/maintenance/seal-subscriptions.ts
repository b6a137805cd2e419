import type { SealedAnew } from '../core/commands/push-commands.js';
import type { GroupCommit } from '../core/commit-groups/group-commit.js';
import type { Log } from '../core/log.js';
import {
  type PushSubscriptionRow,
  type SealedTexts,
  sealedTextsOf,
} from '../core/queue/push-subscription.js';
import type { Store } from '../core/store/store.js';
import { SteppedJob } from './background-job.js';

const ROWS_PER_STEP = 50;
const PAUSE_MS = 10;

interface Box {
  /** Whether there is more than one key. */
  readonly isBeingRotated: boolean;
  /** Returns the row itself if it is sealed under the first key, undefined if no key opens it. */
  sealAnew(row: SealedTexts): SealedTexts | undefined;
}

/**
 * At the start, seals again under the first key all rows that are stored under another key or
 * unsealed, so that the other keys can be dropped. Several nodes may do this at once: a row that was
 * changed meanwhile is skipped and looked at again.
 */
export function createSealing(store: Store, commit: GroupCommit, box: Box, log: Log): SteppedJob {
  let after = '';
  let found = 0;
  let sealed = 0;
  let unreadable = 0;

  const sealAll = async (rows: readonly PushSubscriptionRow[]): Promise<void> => {
    const changes: SealedAnew[] = [];
    for (const row of rows) {
      const before = sealedTextsOf(row);
      const texts = box.sealAnew(before);
      if (texts === undefined) unreadable += 1;
      else if (texts !== before) {
        changes.push({ subscriptionId: row.subscriptionId, before, after: texts });
      }
    }
    if (changes.length === 0) return;
    const outcome = await commit.submit({ kind: 'sealPush', rows: changes });
    if (!outcome.ok) throw new Error(outcome.message);
    found += changes.length;
    sealed += outcome.sealed;
  };

  return new SteppedJob(store.clock, async () => {
    const kind = 'allPushSubscriptions';
    const rows = await store.read({ kind, after, limit: ROWS_PER_STEP });
    await sealAll(rows);
    after = rows.at(-1)?.subscriptionId ?? after;
    if (rows.length === ROWS_PER_STEP) return PAUSE_MS;
    // The job is finished when a whole pass has found no more rows to seal.
    const isFinished = found === 0;
    const cannot = unreadable;
    after = '';
    found = 0;
    unreadable = 0;
    if (!isFinished) return PAUSE_MS;
    if (box.isBeingRotated || sealed > 0 || cannot > 0) {
      const left = cannot === 0 ? 'none are left' : `${cannot} are left that no key opens`;
      log.warn(
        `push subscriptions sealed again under the first key of MILLRACE_SECRET_KEY: ${sealed}; ${left}`,
      );
    }
    return null;
  });
}
