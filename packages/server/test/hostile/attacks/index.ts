import type { Attack } from '../attack.js';
import { announcedBodies, manyAnnouncedBodies } from './announced-bodies.js';
import { bearerSpaces } from './bearer-spaces.js';
import { bodiesWithoutKey } from './bodies-without-key.js';
import { connectThenReset } from './connect-then-reset.js';
import { docsUnread } from './docs-unread.js';
import { freeRecords } from './free-records.js';
import { halfOpenSockets } from './half-open-sockets.js';
import { longPollsManyQueues, longPollsOneQueue } from './long-polls.js';
import { manySubscriptions } from './many-subscriptions.js';
import { oddIds } from './odd-ids.js';
import { pipelining } from './pipelining.js';
import { refusedReads } from './refused-reads.js';
import { resets } from './resets.js';
import { revokedKeys } from './revoked-keys.js';
import { slowBodies } from './slow-bodies.js';
import { slowPushes } from './slow-pushes.js';
import { unknownKeys } from './unknown-keys.js';
import { readPeeks, unreadConsumes, unreadLists, unreadPeeks } from './unread-answers.js';
import { wrongBodies } from './wrong-bodies.js';

/** First attacks without a key, then those with one. */
export const ATTACKS: readonly Attack[] = [
  connectThenReset,
  resets,
  halfOpenSockets,
  bearerSpaces,
  unknownKeys,
  bodiesWithoutKey,
  docsUnread,
  pipelining,
  announcedBodies,
  manyAnnouncedBodies,
  slowBodies,
  wrongBodies,
  unreadConsumes,
  unreadPeeks,
  readPeeks,
  unreadLists,
  longPollsOneQueue,
  longPollsManyQueues,
  slowPushes,
  manySubscriptions,
  freeRecords,
  refusedReads,
  oddIds,
  revokedKeys,
];
