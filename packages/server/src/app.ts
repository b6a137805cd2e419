import { randomInt } from 'node:crypto';
import { PROTOCOL_VERSION } from '@millrace/protocol';
import { type Config, ConfigError } from './config/config.js';
import { storeShown } from './config/in-force.js';
import { isLoopback } from './config/values/listen-address.js';
import { readText } from './config/values/read-text.js';
import { AdvanceableClock } from './core/advanceable-clock.js';
import { AuditTrail } from './core/audit/audit-trail.js';
import { type Clock, monotonicClock, monotonicMs } from './core/clock.js';
import { createGroupCommit, GROUP_LIMITS } from './core/commit-groups/group-commit.js';
import { ConsumerBook } from './core/consumers/consumer-book.js';
import { ConsumerRecorder } from './core/consumers/consumer-recorder.js';
import { ByteBudget } from './core/engine/byte-budget.js';
import { createLongPolls } from './core/engine/long-poll.js';
import { QueueService } from './core/engine/queue-service.js';
import { createIdSource } from './core/ids.js';
import { ENDLESS_ACCESS } from './core/keys/caller.js';
import { DEFAULT_PROJECT, hashSecret, KeyRing } from './core/keys/key-ring.js';
import { KeyUse } from './core/keys/key-use.js';
import { RateLimiter } from './core/limits/rate-limit.js';
import type { Store } from './core/store/store.js';
import { CommandSpans } from './core/tracing/command-spans.js';
import type { Tracing } from './core/tracing/tracing.js';
import { closeHttp, createHttpApp } from './http/app.js';
import type { ControlledClock } from './http/dev/clock-routes.js';
import { listenForMetrics, type MetricsListener } from './http/metrics/metrics-listener.js';
import { NodeMetrics } from './http/metrics/node-metrics.js';
import { newSecret } from './http/routes/keys.js';
import { auditLines } from './log/audit-lines.js';
import { createLog, type ProcessLog } from './log/logger.js';
import type { BackgroundJob } from './maintenance/background-job.js';
import { createExpiry } from './maintenance/expire-messages.js';
import { finishWrites, pushesEnded } from './maintenance/last-writes.js';
import { createJobResumption } from './maintenance/resume-jobs.js';
import { createSealing } from './maintenance/seal-subscriptions.js';
import { DueSettler } from './maintenance/settle-due.js';
import { createDiscardedSweep } from './maintenance/sweep-discarded.js';
import { createSettingsCheck } from './push/check-settings.js';
import { AttemptLog } from './push/delivery/attempt-log.js';
import { Settlement } from './push/delivery/settlement.js';
import { readAuthorities } from './push/egress/certificate-authorities.js';
import { parseNetworks, withoutNetworks } from './push/egress/networks.js';
import { LazyClient } from './push/request/lazy-client.js';
import { SecretBox } from './push/request/signing/push-secret.js';
import { TracedPoster } from './push/request/traced-poster.js';
import { PushDispatcher } from './push/workers/dispatcher.js';

export interface Server {
  readonly url: string;
  /** The url of the metrics that need no key, if there is one. */
  readonly metricsUrl: string | undefined;
  /** The key that was made because there was none; it is shown only once. */
  readonly firstKey: string | undefined;
  underWay(): UnderWay;
  /** Finishes the work under way and takes no more; idempotent. */
  stop(): Promise<void>;
}

/** The work that a stop has to wait for. */
export interface UnderWay {
  /** Calls whose answer is not complete. */
  readonly calls: number;
  /** Those of `calls` whose body is still arriving. */
  readonly bodies: number;
  /** Those of `calls` that wait for messages. */
  readonly waits: number;
  readonly pushes: number;
}

export interface ServerHooks {
  /** Called when the store can no longer work. */
  failed(cause: Error): void;
  /** By default the log is JSON on stderr. */
  readonly log?: ProcessLog;
  /**
   * Makes the store's clock, for tests and for dev mode. The server is in dev mode if the clock can be
   * advanced.
   */
  readonly makeClock?: (earliestMs: number) => Clock;
}

const WAITS_MAX = 65_536;
/** The limit of requests without a valid key, for each address. */
const REFUSED_REQUESTS = { requestsPerSecond: 20, burst: 200 };
/** The budget of pushes, as a share of the bytes in flight; it comes on top of the budget of calls. */
const PUSH_SHARE = 1 / 4;
const RANDOM_STEPS = 2 ** 32;

/** Puts the parts of the server together and starts them. */
export async function startServer(config: Config, hooks: ServerHooks): Promise<Server> {
  const startedAtMs = monotonicMs();
  const { log = createLog((line) => process.stderr.write(line), config.logLevel) } = hooks;
  log.setLevel(config.logLevel);
  const allowed = setting('--push-allow', () => parseNetworks(config.pushAllow));
  const denied = setting('--push-deny', () => parseNetworks(config.pushDeny));
  const networks = withoutNetworks(allowed, denied);
  const authorities = setting('--push-ca', () => readAuthorities(config.pushCa, readText));
  const store = await openStore(config, hooks, log);
  const { clock } = store;
  const ids = createIdSource(clock);
  const tracing = await openTracing(config, log);
  const spans = tracing && new CommandSpans(tracing);
  const nodeMetrics = new NodeMetrics();
  const groupStore = spans?.ofGroups(store) ?? store;
  const commit = createGroupCommit(groupStore, GROUP_LIMITS, nodeMetrics.commits.committed);
  const longPolls = createLongPolls(clock, {
    clients: WAITS_MAX,
    clientsOfProject: config.maxProjectWaits,
    safetyPollMs: store.safetyPollMs,
  });
  const settler = new DueSettler(commit, clock, store.safetyPollMs);
  const discardedSweep = createDiscardedSweep(commit, clock, store.safetyPollMs !== null);
  const expiry = createExpiry(commit, clock);
  const secrets = new SecretBox(config.secretKeys);
  const resumption = createJobResumption(store, commit);
  const jobs: BackgroundJob[] = [settler, discardedSweep, expiry, resumption];
  if (config.secretKeys.length > 0) {
    jobs.push(createSealing(store, commit, secrets, log));
  }
  store.listen({
    ready: (queues) => longPolls.wake(queues),
    nextDue: (atMs) => settler.nextDue(atMs),
    tallied: nodeMetrics.events.tallied,
    failed: hooks.failed,
  });
  const audit = new AuditTrail(commit, clock, auditLines(log));
  const keyUse = new KeyUse(commit, clock);
  const consumers = new ConsumerBook(clock);
  // Where no other node can be running, the name stays the same, so that each start replaces the rows.
  const nodeId = store.safetyPollMs === null ? 'the only node' : ids.uuid();
  const consumerRecorder = new ConsumerRecorder(consumers, commit, clock, nodeId);
  const audited = audit.watch(commit);
  const ofCalls = spans?.ofCalls(audited) ?? audited;
  const service = new QueueService(store, ofCalls, longPolls, consumers, ids, {
    autoCreate: config.autoCreate,
    jobInterrupted: () => resumption.wake(),
  });
  const keyRing = new KeyRing(store, config.apiKey);
  const budget = new ByteBudget(config.maxBytesInFlight);
  // Receivers may be slow, so pushes have a budget of their own and take nothing from calls.
  const pushBudget = new ByteBudget(Math.floor(config.maxBytesInFlight * PUSH_SHARE));
  const ofPushes = spans?.ofPushes(commit) ?? commit;
  const pushClient = new LazyClient(async () => {
    const { PushClient } = await import('./push/request/push-client.js');
    const { lookupRoom } = config;
    return new PushClient({ networks, clock, ca: authorities, lookupRoom });
  });
  const dispatcher = new PushDispatcher({
    store,
    commit: ofPushes,
    longPolls,
    clock,
    ids,
    secrets,
    client: tracing === undefined ? pushClient : new TracedPoster(pushClient, tracing),
    log: new AttemptLog(commit, clock, ids),
    settlement: new Settlement(ofPushes, clock),
    budget: pushBudget,
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
    processLog: log,
    attempted: nodeMetrics.pushes.attempted,
  });
  nodeMetrics.pushes.watch(() => dispatcher.breakers());
  const app = createHttpApp(
    {
      service,
      store,
      clock,
      ids,
      keyRing,
      keyUse,
      audit,
      budget,
      pushBudget,
      longPolls,
      consumers,
      nodeId,
      metrics: nodeMetrics,
      rateLimiter: makeRateLimiter(config, clock),
      refusedRequests: new RateLimiter(monotonicClock(), REFUSED_REQUESTS),
      idempotencyWindowMs: config.idempotencyHours * 3_600_000,
      maintenance: {
        bucketDiscarded: () => discardedSweep.wake(),
        retentionChanged: () => expiry.wake(),
      },
      push: {
        ...createSettingsCheck(networks),
        sealSecret: (secret) => secrets.seal(secret),
        sealUrl: (url) => secrets.sealUrl(url),
        sealHeaders: (headers) => secrets.sealHeaders(headers),
        formsOf: (url, secret) => secrets.formsOf(url, secret),
        openTexts: (row) => secrets.openTexts(row),
        subscriptionsChanged: (project, queue) => dispatcher.subscriptionsChanged(project, queue),
        breakerOf: (project, queue, id) => dispatcher.breakerOf(project, queue, id),
        test: (subscription) => dispatcher.test(subscription),
        flushAttempts: (subscriptionId) => dispatcher.flushAttempts(subscriptionId),
      },
    },
    store,
    {
      trustProxy: config.trustProxy,
      allowedOrigins: config.allowedOrigins,
      log,
      devClock: devClockOf(clock, jobs),
      tracing,
    },
  );

  let metrics: MetricsListener | undefined;

  const stop = async (): Promise<void> => {
    const stoppedAtMs = monotonicMs();
    longPolls.stop();
    service.stop();
    keyRing.stop();
    const dispatched = dispatcher.stop();
    await Promise.all([
      closeHttp(app),
      metrics?.close(),
      pushesEnded(() => dispatcher.pushesUnderWay, dispatched),
    ]);
    await finishWrites(store, log, stoppedAtMs, async () => {
      await dispatched;
      await Promise.all([
        ...jobs.map((job) => job.stop()),
        audit.stop(),
        keyUse.flush(),
        consumerRecorder.flush(),
      ]);
      await commit.stop();
      await store.stop();
    });
    await tracing?.stop();
  };

  try {
    for (const job of jobs) job.start();
    dispatcher.start();
    await app.listen({ host: config.host, port: config.port });
    if (config.metricsListen !== undefined) {
      metrics = await listenForMetrics(app.metricsPage, config.metricsListen);
    }
    for (const warning of [...config.warnings, ...openAddresses(config)]) log.warn(warning);
    // Only now: if the server could not listen, the store would keep a key that nobody has seen.
    const firstKey =
      config.apiKey === undefined ? await makeFirstKey(service, ids, log) : undefined;
    const url = urlOf(config.host, app.server.address());
    log.info('started', {
      url,
      console_url: `${url}/console`,
      metrics_url: metrics?.url,
      version: PROTOCOL_VERSION,
      node: process.version,
      pid: process.pid,
      ...storeShown(config.store),
      ...config.changed,
      traces: config.tracing?.protocol,
      after_ms: Math.round(monotonicMs() - startedAtMs),
    });
    let stopping: Promise<void> | undefined;
    return {
      url,
      metricsUrl: metrics?.url,
      firstKey,
      underWay: () => ({
        ...app.connections.underWay(),
        waits: longPolls.count('client'),
        pushes: dispatcher.pushesUnderWay,
      }),
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

/** Warns of addresses that other machines can reach, and of what they can do there. */
function openAddresses({ host, metricsListen }: Config): string[] {
  const warnings: string[] = [];
  if (!isLoopback(host)) {
    warnings.push(
      `--host ${host} accepts requests from other machines without TLS, so the network can read keys and messages. Put a TLS proxy in front of it.`,
    );
  }
  if (metricsListen !== undefined && !isLoopback(metricsListen.host)) {
    warnings.push(
      `--metrics-listen ${metricsListen.host} shows the metrics to everybody who can reach it.`,
    );
  }
  return warnings;
}

/** Reads a setting that only the part that uses it can check. */
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

function devClockOf(clock: Clock, jobs: readonly BackgroundJob[]): ControlledClock | undefined {
  if (!(clock instanceof AdvanceableClock)) return undefined;
  return {
    nowMs: () => clock.nowMs(),
    aheadMs: () => clock.aheadMs,
    advance: async (durationMs) => {
      clock.advance(durationMs);
      await Promise.all(jobs.map((job) => job.catchUp()));
    },
  };
}

/** Loads OpenTelemetry only if it is used, since that takes time and memory. */
async function openTracing({ tracing }: Config, log: ProcessLog): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined;
  const { startTracing } = await import('./tracing/start-tracing.js');
  return startTracing(tracing, log);
}

/** Loads only the store that is used; the driver of the other one would slow down the start. */
async function openStore(
  config: Config,
  { makeClock }: ServerHooks,
  log: ProcessLog,
): Promise<Store> {
  const clock = makeClock === undefined ? {} : { makeClock };
  if (!config.store.startsWith('sqlite:')) {
    const {
      store: url,
      storeDirect: directUrl,
      postgresConnections: maxConnections,
      limits,
    } = config;
    const { PostgresStore } = await import('./store/postgres/postgres-store.js');
    return PostgresStore.open({ url, directUrl, maxConnections, limits, log, ...clock });
  }
  const path = config.store.slice('sqlite:'.length);
  const { minFreeBytes, limits } = config;
  const { SqliteStore } = await import('./store/sqlite/sqlite-store.js');
  return SqliteStore.open({ path, minFreeBytes, limits, log, ...clock });
}

async function makeFirstKey(
  service: QueueService,
  ids: ReturnType<typeof createIdSource>,
  log: ProcessLog,
): Promise<string | undefined> {
  const secret = newSecret();
  const outcome = await service.submit(
    {
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
    },
    ENDLESS_ACCESS,
  );
  if (!outcome.ok) throw new Error(outcome.message);
  if (outcome.key === null) return undefined;
  log.info('the first key was made', {
    target_key_id: outcome.key.keyId,
    project: DEFAULT_PROJECT,
  });
  return secret;
}

function urlOf(host: string, address: ReturnType<import('node:net').Server['address']>): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
