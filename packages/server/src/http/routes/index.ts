import type { Route } from '../call.js';
import { auditRoute } from './audit.js';
import { deleteRoute, purgeRoute, updateRoute } from './change-queue.js';
import { consumeRoute } from './consume.js';
import { dlqPurgeRoute, redriveRoute } from './dead-letters.js';
import { createKeyRoute, listKeysRoute, revokeKeyRoute } from './keys.js';
import { dlqListRoute, historyRoute, messageRoute, peekRoute } from './messages.js';
import { publishBatchRoute, publishRoute } from './publish.js';
import { PUSH_ROUTES } from './push.js';
import { createRoute, getRoute, listRoute, statsRoute } from './queues.js';
import { ackBatchRoute, ackRoute, extendRoute, nackBatchRoute, nackRoute } from './settle.js';

export const ROUTES: readonly Route[] = [
  createRoute,
  getRoute,
  listRoute,
  statsRoute,
  updateRoute,
  deleteRoute,
  purgeRoute,
  publishRoute,
  publishBatchRoute,
  consumeRoute,
  ackRoute,
  nackRoute,
  ackBatchRoute,
  nackBatchRoute,
  extendRoute,
  peekRoute,
  messageRoute,
  historyRoute,
  dlqListRoute,
  redriveRoute,
  dlqPurgeRoute,
  ...PUSH_ROUTES,
  createKeyRoute,
  listKeysRoute,
  revokeKeyRoute,
  auditRoute,
];
