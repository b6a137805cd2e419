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
    help: 'where messages are kept: sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE',
  },
  'postgres-connections': {
    type: 'integer',
    default: 10,
    min: 2,
    max: 1_000,
    help: 'connections to PostgreSQL at most, beside one for signals',
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
    help: 'publish and consume create a queue that does not exist',
  },
  'push-allow': {
    type: 'list',
    default: [],
    help: 'networks that push may reach although they are not public, as CIDR; repeatable',
  },
  'push-ca': {
    type: 'list',
    default: [],
    help: 'files of certificate authorities that push trusts as well; repeatable',
  },
  'secret-key': {
    type: 'string',
    default: undefined,
    secret: true,
    help: 'seals the secrets of push subscriptions in the store, 16 characters or more; keep it, and give it to every node',
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
    default: 256 * 1024 * 1024,
    min: 32 * 1024 * 1024,
    help: 'bodies and answers that are under way at once',
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
    help: 'take the client address from X-Forwarded-For',
  },
  'log-level': {
    type: 'string',
    default: 'warn',
    help: 'trace, debug, info, warn, error or silent; the log goes to stderr as JSON',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

export const settingEntry = (name: SettingName): Setting => SETTINGS[name];

export const variableOf = (name: string): string =>
  `MILLRACE_${name.replaceAll('-', '_').toUpperCase()}`;

/** In a file the names have underscores, as TOML likes them. */
export const fileNameOf = (name: string): string => name.replaceAll('-', '_');
