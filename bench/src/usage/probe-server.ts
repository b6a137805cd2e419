import type { MillraceServer } from '../servers/server-process.js';
import { kindOf } from '../servers/stores.js';
import { databaseUsage } from './database-usage.js';
import { processUsage } from './process-usage.js';
import type { UsageProbe } from './usage.js';

export const probeProcess =
  (pid: number): UsageProbe =>
  async () =>
    processUsage(pid);

/** Counts what a server and its store use. */
export const probeServer =
  (server: MillraceServer): UsageProbe =>
  async () => ({
    ...processUsage(server.pid),
    ...(kindOf(server.storeUrl) === 'postgres' && (await databaseUsage(server.storeUrl))),
  });
