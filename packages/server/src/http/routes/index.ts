import type { Route } from '../call.js';
import { consumeRoute } from './consume.js';
import { createKeyRoute, listKeysRoute, revokeKeyRoute } from './keys.js';
import { publishRoute } from './publish.js';
import { createRoute, getRoute, listRoute, statsRoute } from './queues.js';
import { ackRoute, extendRoute, nackRoute } from './settle.js';

export const ROUTES: readonly Route[] = [
  createRoute,
  getRoute,
  listRoute,
  statsRoute,
  publishRoute,
  consumeRoute,
  ackRoute,
  nackRoute,
  extendRoute,
  createKeyRoute,
  listKeysRoute,
  revokeKeyRoute,
];
