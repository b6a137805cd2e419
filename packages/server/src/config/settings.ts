import { getHeapStatistics } from 'node:v8';

/** Every setting of the server, once: its flag, its variable, its default and what it means. */
export type SettingType = 'string' | 'integer' | 'bytes' | 'boolean' | 'list';

export interface Setting {
  readonly type: SettingType;
  readonly default: string | number | boolean | readonly string[] | undefined;
  readonly help: string;
  /** Secrets are read from the environment or the file, never from flags that `ps` shows. */
  readonly secret?: true;
  readonly min?: number;
  readonly max?: number;
}

const BYTES_IN_FLIGHT = 256 * 1024 * 1024;
/** With less, the share of one project would not hold the largest batch. */
const BYTES_IN_FLIGHT_MIN = 40 * 1024 * 1024;
/** What is in flight takes up to four times its bytes for a moment, as text and on its way to a thread. */
const SHARE_OF_HEAP = 1 / 8;

/** A heap that was made small, as by `--max-old-space-size`, holds less in flight. */
const defaultBytesInFlight = (): number =>
  Math.max(
    BYTES_IN_FLIGHT_MIN,
    Math.min(BYTES_IN_FLIGHT, Math.floor(getHeapStatistics().heap_size_limit * SHARE_OF_HEAP)),
  );

export const SETTINGS = {
  host: { type: 'string', default: '127.0.0.1', help: 'address to listen on' },
  port: {
    type: 'integer',
    default: 8080,
    min: 0,
    max: 65_535,
    help: 'port to listen on; 0 picks a free one',
  },
  store: {
    type: 'string',
    default: 'sqlite:./data/millrace.db',
    help: 'where messages are kept: sqlite:PATH, or postgres://USER@HOST/DATABASE; a password belongs in MILLRACE_STORE or --store-file',
  },
  'store-file': {
    type: 'string',
    default: undefined,
    help: 'a file that holds the store, instead of --store: keeps a password out of flags; only its owner may read it',
  },
  'store-direct': {
    type: 'string',
    default: undefined,
    help: 'another way to the database of --store, past a transaction pooler, so that nodes can wake each other; a password belongs in MILLRACE_STORE_DIRECT',
  },
  'postgres-connections': {
    type: 'integer',
    default: 10,
    min: 2,
    max: 1_000,
    help: 'connections to PostgreSQL at most, beside one for signals and, now and then, one for what waits for a lock',
  },
  'api-key': {
    type: 'string',
    default: undefined,
    secret: true,
    help: 'a key with all scopes for the project "default", 16 characters or more; if unset and there is no key yet, one is made and printed once',
  },
  'auto-create': {
    type: 'boolean',
    default: false,
    help: 'publish, consume and push_subscribe create a queue that does not exist',
  },
  'push-allow': {
    type: 'list',
    default: [],
    help: 'networks that push may reach although they are not public, as CIDR; repeatable',
  },
  'push-deny': {
    type: 'list',
    default: [],
    help: 'networks that push may never reach, whatever else allows them, as CIDR; repeatable',
  },
  'push-ca': {
    type: 'list',
    default: [],
    help: 'files of certificate authorities that push trusts as well; repeatable',
  },
  'secret-key': {
    type: 'list',
    default: [],
    secret: true,
    help: 'seals secrets, urls and headers of push subscriptions in the store, 16 characters or more; of several the first seals and all open; keep it, and give it to every node',
  },
  'min-free-bytes': {
    type: 'bytes',
    default: 64 * 1024 * 1024,
    min: 0,
    help: 'publishing, and keeping answers for idempotency keys, stops when the disk has less left; with KiB, MiB or GiB if you like',
  },
  'max-queue-messages': {
    type: 'integer',
    default: 0,
    min: 0,
    help: 'messages that a queue may hold; 0: any number',
  },
  'max-queue-bytes': {
    type: 'bytes',
    default: 0,
    min: 0,
    help: 'bytes of payloads and headers that a queue may hold; 0: any number',
  },
  'max-project-messages': {
    type: 'integer',
    default: 0,
    min: 0,
    help: 'messages that a project may hold, dead letters included; 0: any number',
  },
  'max-project-bytes': {
    type: 'bytes',
    default: 0,
    min: 0,
    help: 'bytes that a project may hold: payloads, headers and what is kept for idempotency keys; 0: any number',
  },
  'max-project-queues': {
    type: 'integer',
    default: 100_000,
    min: 0,
    help: 'queues that a project may have; 0: any number',
  },
  'max-project-subscriptions': {
    type: 'integer',
    default: 1_000,
    min: 0,
    help: 'push subscriptions that a project may have; 0: any number',
  },
  'max-project-keys': {
    type: 'integer',
    default: 1_000,
    min: 0,
    help: 'valid API keys that a project may have; 0: any number',
  },
  'max-bytes-in-flight': {
    type: 'bytes',
    default: defaultBytesInFlight(),
    min: BYTES_IN_FLIGHT_MIN,
    help: 'bodies and answers that are under way at once, and a quarter as much for pushes',
  },
  'max-project-waits': {
    type: 'integer',
    default: 10_000,
    min: 1,
    help: 'calls of a project that may wait for messages at once, on this node',
  },
  'rate-limit': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    help: 'requests a second that an API key may make on this node; 0: any number',
  },
  'rate-burst': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 10_000_000,
    help: 'requests that it may make at once after a pause; 0: as many as in a second',
  },
  'idempotency-hours': {
    type: 'integer',
    default: 24,
    min: 1,
    max: 720,
    help: 'how long the answer for an idempotency key is kept',
  },
  'trust-proxy': {
    type: 'boolean',
    default: false,
    help: "take the client's address from the last entry of X-Forwarded-For, the one that your proxy adds",
  },
  'metrics-listen': {
    type: 'string',
    default: undefined,
    help: 'HOST:PORT where /metrics needs no key, such as 127.0.0.1:9464; port 0 picks a free one',
  },
  'log-level': {
    type: 'string',
    default: 'info',
    help: 'trace, debug, info, warn, error or silent; the log goes to stderr, as JSON where that is no terminal',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

export const settingEntry = (name: SettingName): Setting => SETTINGS[name];

export const variableOf = (name: string): string =>
  `MILLRACE_${name.replaceAll('-', '_').toUpperCase()}`;

/** In a file the names have underscores, as TOML likes them. */
export const fileNameOf = (name: string): string => name.replaceAll('-', '_');
