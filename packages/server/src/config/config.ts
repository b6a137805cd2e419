import { parseArgs } from 'node:util';
import { parse as parseToml, TomlError } from 'smol-toml';
import { ConfigError } from './config-error.js';
import { DEV_API_KEY } from './dev/dev-key.js';
import { unknownVariables } from './environment.js';
import { changedSettings } from './in-force.js';
import { type LookupRoom, lookupRoom } from './lookup-room.js';
import {
  fileNameOf,
  SETTINGS,
  type Setting,
  type SettingName,
  settingEntry,
  variableOf,
} from './settings.js';
import { readTracing, type TracingSettings } from './tracing.js';
import { toInteger } from './values/integer.js';
import { type ListenAddress, parseListenAddress } from './values/listen-address.js';
import { faultOfOrigin } from './values/origin.js';
import { faultOfPostgresUrl, ignoredParameters } from './values/postgres-url.js';
import { readText } from './values/read-text.js';
import { readStoreFile } from './values/store-file.js';
import { faultOfStorePath } from './values/store-path.js';

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly store: string;
  /** Undefined if `store` itself leads directly to the database. */
  readonly storeDirect: string | undefined;
  readonly postgresConnections: number;
  readonly apiKey: string | undefined;
  readonly autoCreate: boolean;
  readonly pushAllow: readonly string[];
  readonly pushCa: readonly string[];
  readonly lookupRoom: LookupRoom;
  readonly pushDeny: readonly string[];
  /** The first one seals the secrets of push subscriptions. If empty, they are stored unsealed. */
  readonly secretKeys: readonly string[];
  readonly minFreeBytes: number;
  readonly limits: {
    readonly queueMessages: number;
    readonly queueBytes: number;
    readonly projectMessages: number;
    readonly projectBytes: number;
    readonly projectQueues: number;
    readonly projectSubscriptions: number;
    readonly projectKeys: number;
  };
  readonly maxBytesInFlight: number;
  readonly maxProjectWaits: number;
  readonly rateLimit: number;
  readonly rateBurst: number;
  readonly idempotencyHours: number;
  readonly trustProxy: boolean;
  /** Origins of web pages, as browsers send them. */
  readonly allowedOrigins: readonly string[];
  /** Undefined if the metrics are only on the main address, where they need a key. */
  readonly metricsListen: ListenAddress | undefined;
  readonly logLevel: string;
  /** Undefined if traces are off. */
  readonly tracing: TracingSettings | undefined;
  /** Warnings to log once the server runs. */
  readonly warnings: readonly string[];
  /** The settings that differ from their default, without secrets; logged at the start. */
  readonly changed: ReturnType<typeof changedSettings>;
}

export { ConfigError };

type Value = string | number | boolean | readonly string[] | undefined;

const NAMES = Object.keys(SETTINGS) as SettingName[];
const SECRET_MIN_CHARS = 16;
const SQLITE = 'sqlite:';
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/**
 * Reads the settings from flags, the environment and a TOML file, in this order of precedence.
 *
 * @throws ConfigError
 */
export function loadConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Config {
  const flags = readFlags(args);
  // The flag --port takes precedence over the variable, so the variable need not be checked.
  const unknown = unknownVariables(flags.port === undefined ? env : { ...env, MILLRACE_PORT: '' });
  const file = readFile((flags.config as string | undefined) ?? env.MILLRACE_CONFIG);
  const given = (name: SettingName): [unknown, string] | undefined => {
    const variable = env[variableOf(name)];
    const candidates: [unknown, string][] = [
      [flags[name], `--${name}`],
      [variable === '' ? undefined : variable, variableOf(name)],
      [file[fileNameOf(name)], `${fileNameOf(name)} in the configuration file`],
    ];
    return candidates.find(([candidate]) => candidate !== undefined);
  };
  const value = (name: SettingName): Value => {
    const setting = settingEntry(name);
    const [candidate, where] = given(name) ?? [];
    return where === undefined ? setting.default : convert(candidate, setting, where);
  };
  const storeFile = value('store-file') as string | undefined;
  if (storeFile !== undefined && given('store') !== undefined) {
    throw new ConfigError('--store and --store-file must not be given together');
  }
  const config: Config = Object.freeze({
    host: value('host') as string,
    port: value('port') as number,
    store: storeFile === undefined ? (value('store') as string) : storeOf(storeFile),
    storeDirect: value('store-direct') as string | undefined,
    postgresConnections: value('postgres-connections') as number,
    apiKey: value('api-key') as string | undefined,
    autoCreate: value('auto-create') as boolean,
    pushAllow: value('push-allow') as string[],
    pushCa: value('push-ca') as string[],
    lookupRoom: lookupRoom(env.UV_THREADPOOL_SIZE),
    pushDeny: value('push-deny') as string[],
    secretKeys: value('secret-key') as string[],
    minFreeBytes: value('min-free-bytes') as number,
    limits: Object.freeze({
      queueMessages: value('max-queue-messages') as number,
      queueBytes: value('max-queue-bytes') as number,
      projectMessages: value('max-project-messages') as number,
      projectBytes: value('max-project-bytes') as number,
      projectQueues: value('max-project-queues') as number,
      projectSubscriptions: value('max-project-subscriptions') as number,
      projectKeys: value('max-project-keys') as number,
    }),
    maxBytesInFlight: value('max-bytes-in-flight') as number,
    maxProjectWaits: value('max-project-waits') as number,
    rateLimit: value('rate-limit') as number,
    rateBurst: value('rate-burst') as number,
    idempotencyHours: value('idempotency-hours') as number,
    trustProxy: value('trust-proxy') as boolean,
    allowedOrigins: origins(value('allowed-origins') as string[]),
    metricsListen: metricsAddress(value('metrics-listen') as string | undefined),
    logLevel: value('log-level') as string,
    tracing: readTracing(env),
    warnings: warningsOf(
      unknown,
      value('store') as string,
      value('store-direct') as string | undefined,
    ),
    changed: changedSettings(NAMES, value),
  });
  check(config);
  return config;
}

function check({ apiKey, secretKeys, store, storeDirect, logLevel }: Config): void {
  const isShort = (secret: string): boolean => secret.trim().length < SECRET_MIN_CHARS;
  if (apiKey !== undefined && apiKey.length < SECRET_MIN_CHARS) {
    throw new ConfigError(`MILLRACE_API_KEY must have ${SECRET_MIN_CHARS} characters or more`);
  }
  // No request could send such a key, because the ends of a header are trimmed.
  if (apiKey !== undefined && apiKey.trim() !== apiKey) {
    throw new ConfigError('MILLRACE_API_KEY must not begin or end with white space');
  }
  if (apiKey === DEV_API_KEY) {
    throw new ConfigError(
      'MILLRACE_API_KEY must not be the key of "millrace dev", because everybody knows it',
    );
  }
  if (secretKeys.some(isShort)) {
    throw new ConfigError(
      `MILLRACE_SECRET_KEY must have ${SECRET_MIN_CHARS} characters or more in each of its keys`,
    );
  }
  if (!store.startsWith(SQLITE) && !isPostgresUrl(store)) {
    // The given value may contain a password, so it is not repeated.
    throw new ConfigError('--store must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE');
  }
  const fault = store.startsWith(SQLITE) ? faultOfStorePath(store.slice(SQLITE.length)) : undefined;
  if (fault !== undefined) throw new ConfigError(`--store ${fault}`);
  if (storeDirect !== undefined && !isPostgresUrl(storeDirect)) {
    throw new ConfigError('--store-direct must be postgres://USER:PASSWORD@HOST/DATABASE');
  }
  for (const [name, url] of [
    ['--store', store],
    ['--store-direct', storeDirect],
  ] as const) {
    const wrong = url !== undefined && isPostgresUrl(url) ? faultOfPostgresUrl(url) : undefined;
    if (wrong !== undefined) throw new ConfigError(`the url of ${name} ${wrong}`);
  }
  if (storeDirect !== undefined && !isPostgresUrl(store)) {
    throw new ConfigError('--store-direct must not be given unless --store is on PostgreSQL');
  }
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigError(`--log-level must be one of ${LOG_LEVELS.join(', ')}`);
  }
}

function storeOf(path: string): string {
  try {
    return readStoreFile(path);
  } catch (error) {
    throw new ConfigError(`--store-file ${path} cannot be used: ${(error as Error).message}`);
  }
}

function origins(texts: readonly string[]): readonly string[] {
  const fault = texts.map(faultOfOrigin).find((found) => found !== undefined);
  if (fault !== undefined) throw new ConfigError(`--allowed-origins ${fault}`);
  return texts;
}

function metricsAddress(text: string | undefined): ListenAddress | undefined {
  const address = text === undefined ? undefined : parseListenAddress(text);
  if (text === undefined || address !== undefined) return address;
  throw new ConfigError(
    '--metrics-listen must be HOST:PORT, for example 127.0.0.1:9464 or [::1]:9464',
  );
}

const isPostgresUrl = (store: string): boolean =>
  /^postgres(ql)?:\/\//.test(store) && URL.canParse(store);

function warningsOf(
  unknownVariables: readonly string[],
  ...urls: readonly (string | undefined)[]
): string[] {
  const parameters = urls.flatMap((url) =>
    url !== undefined && isPostgresUrl(url) ? ignoredParameters(url) : [],
  );
  return [
    ...(unknownVariables.length === 0
      ? []
      : [`These variables are not known: ${unknownVariables.join(', ')}.`]),
    ...(parameters.length === 0
      ? []
      : [`The url of the database has parameters without effect: ${parameters.join(', ')}.`]),
  ];
}

function readFlags(args: readonly string[]): Record<string, unknown> {
  const options: Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> = {
    config: { type: 'string' },
  };
  for (const name of NAMES) {
    const { type, secret } = settingEntry(name);
    if (secret) continue;
    options[name] = { type: type === 'boolean' ? 'boolean' : 'string', multiple: type === 'list' };
  }
  try {
    return parseArgs({ args: joinNegative(args), options, strict: true, allowNegative: true })
      .values;
  } catch (error) {
    throw new ConfigError(`${(error as Error).message.split('. ')[0]}; see millrace serve --help`);
  }
}

/** Joins a negative number to the flag before it, so that it is checked as the flag's value. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const flag = joined.at(-1);
    const isValue = /^-\d/.test(arg) && flag !== undefined && /^--[^=]+$/.test(flag);
    if (isValue) joined[joined.length - 1] = `${flag}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function readFile(path: string | undefined): Record<string, unknown> {
  if (path === undefined || path === '') return {};
  let values: Record<string, unknown>;
  try {
    values = parseToml(readText(path));
  } catch (error) {
    throw new ConfigError(`the configuration file ${path} cannot be read: ${faultOf(error)}`);
  }
  const known = NAMES.map(fileNameOf);
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new ConfigError(
      `${unknown} in ${path} is not a setting; the settings are ${known.join(', ')}`,
    );
  }
  return values;
}

/** The parser's own message quotes the lines around a fault, and those may contain a secret. */
const faultOf = (error: unknown): string =>
  error instanceof TomlError
    ? `it is not valid TOML at line ${error.line}, column ${error.column}`
    : (error as Error).message;

function convert(given: unknown, setting: Setting, where: string): Value {
  switch (setting.type) {
    case 'string':
      if (typeof given === 'string' && given !== '') return given;
      throw new ConfigError(`${where} must be a string and must not be empty`);
    case 'boolean':
      if (typeof given === 'boolean') return given;
      if (given === 'true' || given === '1') return true;
      if (given === 'false' || given === '0') return false;
      throw new ConfigError(`${where} must be true or false`);
    case 'list': {
      const items = (Array.isArray(given) ? given : [given]).flatMap((item) => {
        if (typeof item !== 'string') throw new ConfigError(`${where} must be a list of strings`);
        const parts = item.split(',').filter((part) => part.trim() !== '');
        // White space belongs to a secret; a file, for example, may have added it at the end.
        return setting.secret ? parts : parts.map((part) => part.trim());
      });
      // An operator who sets a secret relies on it, so an empty one is an error.
      if (setting.secret && items.length === 0) throw new ConfigError(`${where} must not be empty`);
      return items;
    }
    case 'integer':
    case 'bytes':
      return toInteger(given, setting, where);
  }
}
