import type { MillraceServer } from '../servers/server-process.js';
import { call } from './api-call.js';

/** Allows pushes to this machine. */
export const PUSH_FLAGS = ['--push-allow', '127.0.0.0/8'];
/** The bench signs all pushes, as is recommended. */
const SECRET = 'whsec_bWlsbHJhY2UgYmVuY2ggc2VjcmV0';

/** Creates a subscription that pushes the queue's messages to the url. @returns its path */
export async function subscribe(
  server: MillraceServer,
  queue: string,
  url: string,
  settings: object = {},
): Promise<string> {
  const path = `/v1/queue/push_subscribe/${queue}`;
  const body = JSON.stringify({ url, secret: SECRET, ...settings });
  const { data } = JSON.parse(await call(server, path, body));
  return `${path}/${data.subscription_id}`;
}

/** Pauses subscriptions, so that a given store does not go on pushing to receivers that have gone. */
export async function pause(
  server: MillraceServer,
  subscriptions: readonly string[],
): Promise<void> {
  for (const subscription of subscriptions) await call(server, `${subscription}/pause`, '');
}

export async function resume(
  server: MillraceServer,
  subscriptions: readonly string[],
): Promise<void> {
  for (const subscription of subscriptions) await call(server, `${subscription}/resume`, '');
}
