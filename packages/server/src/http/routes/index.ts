import type { Route } from '../call.js';
import { auditRoute } from './audit.js';
import { CHANGE_ROUTES } from './change-queue.js';
import { consumeRoute } from './consume.js';
import { DEAD_LETTER_ROUTES } from './dead-letters.js';
import { KEY_ROUTES } from './keys.js';
import { MESSAGE_ROUTES } from './messages.js';
import { PUBLISH_ROUTES } from './publish.js';
import { PUSH_ROUTES } from './push.js';
import { QUEUE_ROUTES } from './queues.js';
import { SETTLE_ROUTES } from './settle.js';
import { STATISTICS_ROUTES } from './statistics.js';

export const ROUTES: readonly Route[] = [
  ...QUEUE_ROUTES,
  ...STATISTICS_ROUTES,
  ...CHANGE_ROUTES,
  ...PUBLISH_ROUTES,
  consumeRoute,
  ...SETTLE_ROUTES,
  ...MESSAGE_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...PUSH_ROUTES,
  ...KEY_ROUTES,
  auditRoute,
];
