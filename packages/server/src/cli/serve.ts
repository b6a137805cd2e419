import type { Server } from '../app.js';
import { loadConfig } from '../config/config.js';
import { tuneGarbageCollector } from '../config/garbage-collector.js';
import { setSystemTimer } from '../core/clock.js';
import type { RunCommand } from './commands.js';
import { watchThreads } from './end-process.js';
import { stopOnSignal } from './stop-on-signal.js';

/** A start that ends well in this time is stopped as a server; else it is left where it is. */
const START_GRACE_MS = 2_000;

export const run: RunCommand = async (args, { say }) => {
  watchThreads();
  let server: Server | undefined;
  let isStopping = false;
  let starting: Promise<Server> | undefined;
  // Before anything else is loaded, which takes a moment.
  stopOnSignal(
    {
      waitsFor: () => (server === undefined ? 'while it is still starting' : waitsFor(server)),
      stop: async () => {
        isStopping = true;
        server ??= await endOf(starting, START_GRACE_MS);
        await server?.stop();
      },
    },
    say,
  );
  tuneGarbageCollector();
  const config = loadConfig(args);
  const { startServer } = await import('../app.js');
  if (isStopping) return;
  starting = startServer(config, {
    failed: (cause) => {
      say(`the store failed: ${cause.message}`);
      process.exit(1);
    },
  });
  try {
    server = await starting;
  } catch (error) {
    // Whoever stops it has no use for the reason.
    if (isStopping) return;
    throw error;
  }
  if (server.firstKey !== undefined) {
    process.stderr.write(`millrace made an API key; it is shown this once: ${server.firstKey}\n`);
  }
  if (isStopping) return;
  if (server.metricsUrl !== undefined) {
    process.stderr.write(`millrace metrics on ${server.metricsUrl}\n`);
  }
  process.stdout.write(`millrace listening on ${server.url}\n`);
};

function waitsFor(server: Server): string {
  const { calls, bodies, hasPushes } = server.underWay();
  if (calls === 0) return hasPushes ? 'waiting for pushes under way' : 'with no call under way';
  const arriving = bodies === 0 ? '' : ` (${bodies} with a body that is still arriving)`;
  const pushes = hasPushes ? ', and for pushes' : '';
  return `waiting for ${calls} ${calls === 1 ? 'call' : 'calls'} under way${arriving}${pushes}`;
}

/** What it resolves to; undefined where it fails, or has not ended in time. */
function endOf<T>(pending: Promise<T> | undefined, withinMs: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = setSystemTimer(() => resolve(undefined), withinMs);
    Promise.resolve(pending)
      .catch(() => undefined)
      .then((value) => {
        cancel();
        resolve(value);
      });
  });
}
