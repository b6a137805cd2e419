import { randomInt } from 'node:crypto';
import { pino } from 'pino';
import { type Config, ConfigError } from './config/config.js';
import { ByteBudget } from './core/byte-budget.js';
import type { Clock } from './core/clock.js';
import { createGroupCommit } from './core/group-commit.js';
import { createIdSource } from './core/ids.js';
import { createKeyRing, DEFAULT_PROJECT, hashSecret } from './core/key-ring.js';
import { createLongPolls } from './core/long-poll.js';
import { createQueueService } from './core/queue-service.js';
import { RateLimiter } from './core/rate-limit.js';
import type { Store } from './core/store.js';
import { closeHttp, createHttpApp } from './http/app.js';
import { newSecret } from './http/routes/keys.js';
import { createExpiry } from './maintenance/expire-messages.js';
import { createJobResumption } from './maintenance/resume-jobs.js';
import { createSealing } from './maintenance/seal-subscriptions.js';
import { DueSettler } from './maintenance/settle-due.js';
import { createDiscardedSweep } from './maintenance/sweep-discarded.js';
import { AttemptLog } from './push/attempt-log.js';
import { readAuthorities } from './push/certificate-authorities.js';
import { PushDispatcher } from './push/dispatcher.js';
import { createSettingsJudge } from './push/judge-settings.js';
import { LazyClient } from './push/lazy-client.js';
import { parseNetworks, withoutNetworks } from './push/networks.js';
import { SecretBox } from './push/push-secret.js';
import { Settlement } from './push/settlement.js';

export interface Server {
  readonly url: string;
  /** The key that was made because there was none; it is shown this once. */
  readonly firstKey: string | undefined;
  /** Ends what is under way, takes no new work; idempotent. */
  stop(): Promise<void>;
}

export interface ServerHooks {
  /** The store can no longer work. */
  failed(cause: Error): void;
  /** For tests: the store's clock. */
  makeClock?: (floorMs: number) => Clock;
}

const LONG_POLLS_MAX = 10_000;
const RANDOM_STEPS = 2 ** 32;

/** Puts the parts together and starts them. */
export async function startServer(config: Config, hooks: ServerHooks): Promise<Server> {
  const logger = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  const allowed = setting('--push-allow', () => parseNetworks(config.pushAllow));
  const denied = setting('--push-deny', () => parseNetworks(config.pushDeny));
  const networks = withoutNetworks(allowed, denied);
  const authorities = setting('--push-ca', () => readAuthorities(config.pushCa));
  const store = await openStore(config, hooks, (message) => logger.warn(message));
  const { clock } = store;
  const ids = createIdSource(clock);
  const commit = createGroupCommit(store);
  const longPolls = createLongPolls(clock, LONG_POLLS_MAX);
  const settler = new DueSettler(commit, clock, store.safetyPollMs);
  const discardedSweep = createDiscardedSweep(commit, clock, store.safetyPollMs !== null);
  const expiry = createExpiry(commit, clock);
  const secrets = new SecretBox(config.secretKeys);
  const warn = (message: string): void => logger.warn(message);
  const jobs = [settler, discardedSweep, expiry, createJobResumption(store, commit)];
  if (config.secretKeys.length > 0) {
    jobs.push(createSealing(store, commit, secrets, warn));
  }
  store.listen({
    ready: (queues) => longPolls.wake(queues),
    nextDue: (atMs) => settler.nextDue(atMs),
    failed: hooks.failed,
  });
  const service = createQueueService(store, commit, longPolls, ids, config);
  const keyRing = createKeyRing(store, config.apiKey);
  const dispatcher = new PushDispatcher({
    store,
    commit,
    longPolls,
    clock,
    ids,
    secrets,
    client: new LazyClient(async () => {
      const { PushClient } = await import('./push/push-client.js');
      const { lookupRoom } = config;
      return new PushClient({ networks, clock, ca: authorities, lookupRoom });
    }),
    log: new AttemptLog(commit, clock, ids),
    settlement: new Settlement(commit, clock),
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
    warn,
  });
  const app = createHttpApp(
    {
      service,
      store,
      clock,
      ids,
      keyRing,
      budget: new ByteBudget(config.maxBytesInFlight),
      rateLimiter: makeRateLimiter(config, clock),
      idempotencyWindowMs: config.idempotencyHours * 3_600_000,
      maintenance: {
        bucketDiscarded: () => discardedSweep.wake(),
        retentionChanged: () => expiry.wake(),
      },
      push: {
        ...createSettingsJudge(networks),
        sealSecret: (secret) => secrets.seal(secret),
        sealUrl: (url) => secrets.sealUrl(url),
        sealHeaders: (headers) => secrets.sealHeaders(headers),
        formsOf: (url, secret) => secrets.formsOf(url, secret),
        openTexts: (row) => secrets.openTexts(row),
        subscriptionsChanged: (project, queue) => dispatcher.subscriptionsChanged(project, queue),
        test: (subscription) => dispatcher.test(subscription),
        flushAttempts: (subscriptionId) => dispatcher.flushAttempts(subscriptionId),
      },
    },
    store,
    { trustProxy: config.trustProxy, logger },
  );

  const stop = async (): Promise<void> => {
    longPolls.stop();
    await Promise.all([closeHttp(app), dispatcher.stop()]);
    await Promise.all(jobs.map((job) => job.stop()));
    await commit.stop();
    await store.stop();
  };

  try {
    for (const job of jobs) job.start();
    dispatcher.start();
    await app.listen({ host: config.host, port: config.port });
    // Not before: a start that cannot listen would keep a key that nobody has seen.
    const firstKey = config.apiKey === undefined ? await makeFirstKey(service, ids) : undefined;
    let stopping: Promise<void> | undefined;
    return {
      url: urlOf(config.host, app.server.address()),
      firstKey,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A setting whose meaning only the part that it is for can judge. */
function setting<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ConfigError(`${flag}: ${(error as Error).message}`);
  }
}

function makeRateLimiter({ rateLimit, rateBurst }: Config, clock: Clock): RateLimiter | undefined {
  if (rateLimit === 0) return undefined;
  const burst = rateBurst === 0 ? rateLimit : rateBurst;
  return new RateLimiter(clock, { requestsPerSecond: rateLimit, burst });
}

/** Only the store that is used is loaded: the other one's driver would slow the start. */
async function openStore(
  config: Config,
  { makeClock }: ServerHooks,
  log: (message: string) => void,
): Promise<Store> {
  const clock = makeClock === undefined ? {} : { makeClock };
  if (!config.store.startsWith('sqlite:')) {
    const { store: url, postgresConnections: maxConnections, limits } = config;
    const { PostgresStore } = await import('./store/postgres/postgres-store.js');
    return PostgresStore.open({ url, maxConnections, limits, log, ...clock });
  }
  const path = config.store.slice('sqlite:'.length);
  const { minFreeBytes, limits } = config;
  const { SqliteStore } = await import('./store/sqlite/sqlite-store.js');
  return SqliteStore.open({ path, minFreeBytes, limits, ...clock });
}

async function makeFirstKey(
  service: ReturnType<typeof createQueueService>,
  ids: ReturnType<typeof createIdSource>,
): Promise<string | undefined> {
  const secret = newSecret();
  const outcome = await service.submit({
    kind: 'createKey',
    project: DEFAULT_PROJECT,
    key: {
      keyId: ids.uuid(),
      name: 'first key',
      project: DEFAULT_PROJECT,
      scopes: ['admin'],
      secretHash: hashSecret(secret),
      expiresAtMs: null,
    },
    sealedSecret: null,
    onlyIfNone: true,
    idempotency: null,
  });
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.key === null ? undefined : secret;
}

function urlOf(host: string, address: ReturnType<import('node:net').Server['address']>): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
