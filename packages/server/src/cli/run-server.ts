import type { Server, ServerHooks, UnderWay } from '../app.js';
import { wantsColours } from '../config/colours.js';
import type { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { setSystemTimer } from '../core/clock.js';
import { causeOf } from '../core/fault.js';
import type { LogFields } from '../core/log.js';
import type { ProcessLog } from '../log/logger.js';
import { openProcessLog } from '../log/process-log.js';
import { watchThreads } from './process/end-process.js';
import { explainFailure } from './process/explain-failure.js';
import { stopOnSignal } from './process/stop-on-signal.js';

/** A start that succeeds within this time is stopped like a running server; else it is abandoned. */
const START_GRACE_MS = 2_000;

export interface ServerRun extends Pick<ServerHooks, 'makeClock'> {
  /** @throws ConfigError */
  loadConfig(): Config;
  /** The text for stdout, once the server listens. */
  announcement(url: string): string;
  /** Makes the log readable even if stderr is no terminal. */
  readonly readsByPeople?: true;
}

/** Runs the server until a signal ends it. From its beginning on, stderr is the log. */
export async function runServer(wanted: ServerRun): Promise<void> {
  const log = openProcessLog(wantsColours(), wanted.readsByPeople);
  try {
    await serve(wanted, log);
  } catch (error) {
    log.tell('error', explainFailure(error as Error));
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}

async function serve(wanted: ServerRun, log: ProcessLog): Promise<void> {
  watchThreads();
  let server: Server | undefined;
  let isStopping = false;
  let starting: Promise<Server> | undefined;
  // Before anything else is loaded, because loading takes a moment.
  stopOnSignal(
    {
      waitsFor: () => (server === undefined ? STARTING : waitsFor(server.underWay())),
      stop: async () => {
        isStopping = true;
        server ??= await endOf(starting, START_GRACE_MS);
        await server?.stop();
      },
    },
    log,
  );
  const config = wanted.loadConfig();
  const { startServer } = await import('../app.js');
  if (isStopping) return;
  starting = startServer(config, {
    failed: (cause) => {
      log.tell('error', `the store failed: ${causeOf(cause)}`);
      process.exit(1);
    },
    log,
    ...(wanted.makeClock && { makeClock: wanted.makeClock }),
  });
  try {
    server = await starting;
  } catch (error) {
    // When the server is being stopped, nobody needs the reason why it did not start.
    if (isStopping) return;
    throw error;
  }
  if (server.firstKey !== undefined) {
    const fields = { api_key: server.firstKey };
    log.tell('info', 'millrace made an API key; it is shown only once', fields);
  }
  if (isStopping) return;
  process.stdout.write(wanted.announcement(server.url));
}

const STARTING = ['while it is still starting', {}] as const;

function waitsFor(underWay: UnderWay): [words: string, numbers: LogFields] {
  const { calls, bodies, pushes } = underWay;
  const numbers = { ...underWay };
  if (calls === 0) {
    return [pushes > 0 ? 'waiting for pushes under way' : 'with no calls under way', numbers];
  }
  const arriving = bodies === 0 ? '' : ` (${bodies} with a body that is still arriving)`;
  const forPushes = pushes > 0 ? ', and for pushes' : '';
  const words = `waiting for ${calls} ${calls === 1 ? 'call' : 'calls'} under way`;
  return [`${words}${arriving}${forPushes}`, numbers];
}

/** Resolves to the value of `pending`, or to undefined if that fails or is not settled in time. */
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
