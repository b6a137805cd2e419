import { expect } from 'vitest';
import { ADMIN_KEY, callerOf } from '../harness/http-server.js';
import { PushingClient } from '../http-conformance/push/use-pushes.js';
import { ServerRun } from '../nodes/run-server.js';

export interface PushNode {
  readonly run: ServerRun;
  readonly client: PushingClient;
}

/** Starts `millrace serve` in its own process, with a client for push subscriptions. */
export async function startPushNode(
  storeUrl: string,
  flags: readonly string[],
  environment: Record<string, string> = {},
): Promise<PushNode> {
  const run = new ServerRun(storeUrl, { MILLRACE_API_KEY: ADMIN_KEY, ...environment }, flags);
  const url = await run.listening();
  expect(url, run.stderr).toBeDefined();
  return { run, client: new PushingClient({ call: callerOf(url as string) }) };
}
