import { getHeapStatistics } from 'node:v8';

/** All settings of the server: each with its flag, its variable, its default and its meaning. */
export type SettingType = 'string' | 'integer' | 'bytes' | 'boolean' | 'list';

export interface Setting {
  readonly type: SettingType;
  readonly default: string | number | boolean | readonly string[] | undefined;
  readonly help: string;
  /** Secrets are read from the environment or the file, never from flags, which `ps` would show. */
  readonly secret?: true;
  readonly min?: number;
  readonly max?: number;
}

const BYTES_IN_FLIGHT = 256 * 1024 * 1024;
/** With less, the largest batch would not fit into the share of one project. */
const BYTES_IN_FLIGHT_MIN = 40 * 1024 * 1024;
/** Data in flight can briefly take four times its bytes, as text and while it is passed to a thread. */
const SHARE_OF_HEAP = 1 / 8;

/** The default is lower for a small heap, such as one set by `--max-old-space-size`. */
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
    help: 'port to listen on; 0: any free port',
  },
  store: {
    type: 'string',
    default: 'sqlite:./data/millrace.db',
    help: 'store for the messages: sqlite:PATH or postgres://USER@HOST/DATABASE; a password belongs in MILLRACE_STORE or --store-file',
  },
  'store-file': {
    type: 'string',
    default: undefined,
    help: 'file to read the store from, instead of --store, to keep a password out of flags; only its owner may have access to it',
  },
  'store-direct': {
    type: 'string',
    default: undefined,
    help: 'direct address of the database of --store if that leads through a transaction pooler; lets nodes wake each other; a password belongs in MILLRACE_STORE_DIRECT',
  },
  'postgres-connections': {
    type: 'integer',
    default: 10,
    min: 2,
    max: 1_000,
    help: 'most connections to PostgreSQL; one more is used for signals, and at times one for commands that wait for a lock',
  },
  'api-key': {
    type: 'string',
    default: undefined,
    secret: true,
    help: 'key with all scopes for the project "default", 16 characters or more; if it is not set and there is no key yet, one is made and printed once',
  },
  'auto-create': {
    type: 'boolean',
    default: false,
    help: 'let publish, consume and push_subscribe create a queue that does not exist',
  },
  'push-allow': {
    type: 'list',
    default: [],
    help: 'networks, as CIDR, that push may reach although they are not public; repeatable',
  },
  'push-deny': {
    type: 'list',
    default: [],
    help: 'networks, as CIDR, that push must not reach even if they are public or in --push-allow; repeatable',
  },
  'push-ca': {
    type: 'list',
    default: [],
    help: 'PEM files of further certificate authorities that push trusts; repeatable',
  },
  'secret-key': {
    type: 'list',
    default: [],
    secret: true,
    help: 'key that seals the secrets, urls and headers of push subscriptions in the store, 16 characters or more; of several keys, the first seals and all of them open; keep it safe, and give it to every node',
  },
  'min-free-bytes': {
    type: 'bytes',
    default: 64 * 1024 * 1024,
    min: 0,
    help: 'free disk space below which publishing stops and no more answers are kept for idempotency keys; may be given in KiB, MiB or GiB',
  },
  'max-queue-messages': {
    type: 'integer',
    default: 0,
    min: 0,
    help: 'most messages in a queue; 0: no limit',
  },
  'max-queue-bytes': {
    type: 'bytes',
    default: 0,
    min: 0,
    help: 'most bytes of payloads and headers in a queue; 0: no limit',
  },
  'max-project-messages': {
    type: 'integer',
    default: 0,
    min: 0,
    help: 'most messages in a project, including dead letters; 0: no limit',
  },
  'max-project-bytes': {
    type: 'bytes',
    default: 0,
    min: 0,
    help: 'most bytes in a project: payloads, headers and answers kept for idempotency keys; 0: no limit',
  },
  'max-project-queues': {
    type: 'integer',
    default: 100_000,
    min: 0,
    help: 'most queues of a project; 0: no limit',
  },
  'max-project-subscriptions': {
    type: 'integer',
    default: 1_000,
    min: 0,
    help: 'most push subscriptions of a project; 0: no limit',
  },
  'max-project-keys': {
    type: 'integer',
    default: 1_000,
    min: 0,
    help: 'most valid API keys of a project; 0: no limit',
  },
  'max-bytes-in-flight': {
    type: 'bytes',
    default: defaultBytesInFlight(),
    min: BYTES_IN_FLIGHT_MIN,
    help: 'most bytes of bodies and answers under way at once, and a quarter as many for pushes',
  },
  'max-project-waits': {
    type: 'integer',
    default: 10_000,
    min: 1,
    help: 'most calls of a project that wait for messages at once on this node',
  },
  'rate-limit': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    help: 'most requests per second with one API key on this node; 0: no limit',
  },
  'rate-burst': {
    type: 'integer',
    default: 0,
    min: 0,
    max: 10_000_000,
    help: 'most requests at once with one API key after a pause; 0: the same as --rate-limit',
  },
  'idempotency-hours': {
    type: 'integer',
    default: 24,
    min: 1,
    max: 720,
    help: 'hours for which the answer to a call with an idempotency key is kept, except that of consume, which is kept until its leases end',
  },
  'trust-proxy': {
    type: 'boolean',
    default: false,
    help: "take the client's address from the last entry of X-Forwarded-For, which your proxy adds",
  },
  'allowed-origins': {
    type: 'list',
    default: [],
    help: 'origins of web pages that may call the server from a browser, such as https://app.example; repeatable',
  },
  'metrics-listen': {
    type: 'string',
    default: undefined,
    help: 'HOST:PORT for /metrics without a key, for example 127.0.0.1:9464; port 0: any free port',
  },
  'log-level': {
    type: 'string',
    default: 'info',
    help: 'trace, debug, info, warn, error or silent; the log goes to stderr, as JSON unless that is a terminal',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

export const settingEntry = (name: SettingName): Setting => SETTINGS[name];

export const variableOf = (name: string): string =>
  `MILLRACE_${name.replaceAll('-', '_').toUpperCase()}`;

/** The name of a setting in a TOML file, where names have underscores. */
export const fileNameOf = (name: string): string => name.replaceAll('-', '_');
