import type { Attack } from '../attack.js';
import { bearerSpaces } from './bearer-spaces.js';
import { announcedBodies, manyAnnouncedBodies } from './bodies/announced-bodies.js';
import { bodiesWithoutKey } from './bodies/bodies-without-key.js';
import { slowBodies } from './bodies/slow-bodies.js';
import { wrongBodies } from './bodies/wrong-bodies.js';
import { connectThenReset } from './connections/connect-then-reset.js';
import { docsUnread } from './connections/docs-unread.js';
import { halfOpenSockets } from './connections/half-open-sockets.js';
import { pipelining } from './connections/pipelining.js';
import { resets } from './connections/resets.js';
import {
  readPeeks,
  unreadConsumes,
  unreadLists,
  unreadPeeks,
} from './connections/unread-answers.js';
import { freeRecords } from './free-records.js';
import { longPollsManyQueues, longPollsOneQueue } from './long-polls.js';
import { manySubscriptions } from './many-subscriptions.js';
import { oddIds } from './odd-ids.js';
import { refusedReads } from './refused-reads.js';
import { revokedKeys } from './revoked-keys.js';
import { slowPushes } from './slow-pushes.js';
import { unknownKeys } from './unknown-keys.js';

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
